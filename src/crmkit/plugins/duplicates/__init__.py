"""Duplicates: records that may be one, found by what their fields say."""
