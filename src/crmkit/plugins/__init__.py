"""The built-in plugins, each written against `crmkit.api` alone, like a firm's own."""

BUILT_IN = (
    "roles",
    "automations",
    "accounts",
    "contacts",
    "prospects",
    "clients",
    "leads",
    "claims",
    "deals",
    "conversion",
    "actions",
    "notices",
    "touches",
    "stale",
    "imports",
    "consultations",
    "complaints",
    "satisfaction",
    "duplicates",
    "reports",
    "feed",
)
"""The modules of this package that are plugins."""
