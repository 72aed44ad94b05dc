"""How the tables came to be: Alembic revisions, run by `plexus.store.migrate` at the start."""
