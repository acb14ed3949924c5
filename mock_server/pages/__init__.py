"""Swagger UI, the OpenAPI documents, and the shipping labels; the console has a package of its own."""
