"""The store of the room: SQLite or PostgreSQL, opened by a folder or a URL, brought to the layout of this program when it is opened."""
