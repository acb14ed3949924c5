"""The sandbox's web pages: landing page, Swagger UI, OpenAPI documents and shipping labels."""
