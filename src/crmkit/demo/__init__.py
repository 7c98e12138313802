"""A made-up law firm."""
