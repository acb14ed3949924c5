"""The HTTP engine: validates requests and replies against OpenAPI documents, and calls the handlers."""
