"""The hub's API, which `openapi/hub.yaml` describes and Connexion serves.

`operations` implements the operations, `security` checks API keys, and `problems` converts errors to
responses.
"""
