"""Search by any identifier, over all engines at once, with what only the room knows, and without what a caller may not see."""
