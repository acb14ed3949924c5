"""Checks a receiver of webhooks: sends it signed, repeated, forged and broken events, and judges its answers.

The check needs no running sandbox. It sees only status codes and response times; `results.NOTES` lists
properties of the receiver that these do not reveal.
"""
