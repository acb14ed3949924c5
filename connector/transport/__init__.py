"""Sends requests to a vendor's API: authentication, rate limits, retries, paging and error responses.

`client.Client` is the entry point. It does not follow redirects, stays within the vendor's rate limits, and
ends every call within the call's deadline.
"""
