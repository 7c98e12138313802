"""The storage adapter: SQLAlchemy Core over SQLite and PostgreSQL."""
