"""From the neutral model to apps for no-code platforms.

A platform is one pure function, `render(integration) -> {path: text}`; `write.py` alone touches the disk.
"""
