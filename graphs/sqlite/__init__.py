"""State in a SQLite file: `Database` is the connection, `SqliteSaver` keeps threads, `SqliteStore` more."""
