"""Generates an n8n community package from an `Integration`: `render` returns the package's files."""

from connector.generator.n8n.app import render

__all__ = ["render"]
