"""The one machine of replay and live program: rows in, events and alerts out (``tracker.engine.engine``)."""
