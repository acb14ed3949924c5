"""Generates apps for no-code platforms (Zapier, Make, n8n) from an `Integration`.

Each platform has a pure function `render`, which takes an `Integration` and returns the content of the app's
files, keyed by path. Only `write.py` writes to disk.
"""
