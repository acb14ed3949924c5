"""Generates a Zapier CLI app for each vendor from the templates in templates/ and the files in static/."""

from connector.generator.zapier.app import render

__all__ = ["render"]
