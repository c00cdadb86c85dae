"""The live program: sources in, alerts out, for months, through crashes, late data and full disks (docs/reliability.md)."""
