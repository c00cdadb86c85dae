"""What the program shows over HTTP."""
