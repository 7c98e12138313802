"""Client satisfaction, from the request to the figures."""
