"""The widgets, which know nothing of the core."""
