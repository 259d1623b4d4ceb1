"""Keep the records in SQLite or PostgreSQL, laid out, migrated, and read as a Dataset."""
