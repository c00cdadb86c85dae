"""One file for each layout; its number is the revision."""
