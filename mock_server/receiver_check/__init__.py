"""Checks a receiver of webhooks: sends it signed, repeated, forged and broken events, and judges its answers.

It needs no running sandbox. It can judge only what is visible from outside, status codes and times;
`results.NOTES` lists what cannot be judged.
"""
