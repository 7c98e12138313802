"""Reading and writing files that others wrote."""
