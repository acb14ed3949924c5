"""Calls to vendors that a user's program requests: samples of events, searches, and actions.

Each call is counted in the budget of the login, as the calls of the polls are.
"""
