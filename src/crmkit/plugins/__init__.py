"""The built-in plugins, each written against `crmkit.api` alone, like a firm's own."""

BUILT_IN = (
    "roles",
    "accounts",
    "contacts",
    "prospects",
    "clients",
    "leads",
    "claims",
    "deals",
    "conversion",
    "actions",
    "touches",
    "stale",
    "imports",
    "consultations",
    "complaints",
    "satisfaction",
    "duplicates",
    "reports",
)
"""The modules of this package that are plugins."""
