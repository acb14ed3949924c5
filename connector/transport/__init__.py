"""One request of a vendor's API: built, logged in, paced, sent, paged, and its answer read.

`Client` is the way in. It follows no redirect, keeps the vendor's limits, and ends every call within its
deadline.
"""
