"""Connexion, made fast: one compiled plan per operation of the specification."""
