"""Keeping the room: backups of its store, retention, figures of how it does."""
