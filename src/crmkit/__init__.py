"""A pluggable CRM toolkit with a full-screen terminal UI."""

__version__ = "0.1.0"
