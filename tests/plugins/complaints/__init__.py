"""Complaints: their workflow, deadlines, regulator and files."""
