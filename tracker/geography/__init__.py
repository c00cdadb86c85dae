"""Ports, airports, land and sea lanes: the fixed world the craft move in."""
