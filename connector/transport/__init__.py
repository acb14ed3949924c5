"""Sends requests to a vendor's API: build, log in, pace, send, retry, read pages and answers.

`client.Client` is the entry point. It follows no redirects, keeps the vendor's rate limits, and ends every
call within its deadline.
"""
