"""The room's copy of alerts: facts as engines tell them, the desk's work on them, what a caller may see of both, and the stream to browsers."""
