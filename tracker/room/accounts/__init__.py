"""Who may come in: persons, units, passwords, sessions, tokens, lock-out, the first start, compartments opened in need."""
