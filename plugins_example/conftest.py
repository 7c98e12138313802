"""The fixtures of crmkit, where its package was not installed with its entry points."""

pytest_plugins = ["crmkit.testing"]
