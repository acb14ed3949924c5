"""One Make custom app per vendor, in the layout that Make's editor and command line deploy from a folder."""

from connector.generator.make.app import render

__all__ = ["render"]
