"""Generates a Make custom app for each vendor, in the folder layout that Make's editor extension deploys."""

from connector.generator.make.app import render

__all__ = ["render"]
