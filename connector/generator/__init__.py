"""Generates apps for no-code platforms (Zapier, Make) from an Integration.

Each platform is one pure function, `render(integration) -> {path: text}`. Only `write.py` writes to disk.
"""
