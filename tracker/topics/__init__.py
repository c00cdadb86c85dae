"""What the live program says on topics and what it is told there (docs/topics.md)."""
