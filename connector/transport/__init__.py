"""Sends requests to a vendor's API, with authentication, rate limits, retries, paging and error handling.

`client.Client` is the entry point. It does not follow redirects, stays within the vendor's rate limits, and
ends every call before the call's deadline.
"""
