"""WebSockets on which only the server has something to say (RFC 6455)."""
