"""Erases one customer's personal data from a tenant: what a merchant does when a customer asks for it."""
