"""The window into the running program: metrics and health over HTTP, read-only (docs/operations.md)."""
