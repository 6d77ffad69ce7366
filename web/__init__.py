"""The door: HTTP in, HTML and JSON out; no SQL and no provider's words."""
