"""Field kinds: each knows everything about one type of value."""
