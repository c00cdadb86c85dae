"""The audit: who did, saw or was refused what, in a chain that shows what was done to it."""
