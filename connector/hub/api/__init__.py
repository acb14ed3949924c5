"""The hub's API, as `openapi/hub.yaml` describes it, served by Connexion.

`operations` implements the operations, `security` checks API keys, and `problems` turns errors into answers.
"""
