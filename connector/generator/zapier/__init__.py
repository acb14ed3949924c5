"""One Zapier CLI app per vendor: data is rendered from templates/, logic is copied from static/."""

from connector.generator.zapier.app import render

__all__ = ["render"]
