"""Tests of how duplicates are found."""
