"""Erases one customer's personal data from a tenant, as a merchant does at the customer's request."""
