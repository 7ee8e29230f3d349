"""One way from a configured URL to a request: targets, proxies, names, connections. Knows no API."""
