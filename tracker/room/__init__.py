"""The room: what people decide. Accounts, the desk, verdicts and the audit in a store of its own, behind an API; the engine is asked at its door alone (docs/room.md)."""
