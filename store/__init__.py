"""What Plexus remembers: one set of tables for SQLite and PostgreSQL, and who may write them."""
