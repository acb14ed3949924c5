"""The sandbox's pages for people: landing page, OpenAPI documents, shipping labels."""
