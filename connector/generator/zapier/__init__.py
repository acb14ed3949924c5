"""Generates one Zapier CLI app per vendor: templates/ are filled with data, static/ is copied as it is."""

from connector.generator.zapier.app import render

__all__ = ["render"]
