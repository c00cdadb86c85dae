"""The door into the running program: read-only SQL, status and commands over HTTP, for whoever has its token (docs/door.md)."""
