"""The OpenAPI documents of the API, versions 2 and 3. Pure."""
