"""Generates one Make custom app per vendor, in the folder layout that Make's editor extension deploys."""

from connector.generator.make.app import render

__all__ = ["render"]
