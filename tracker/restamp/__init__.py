"""Recorded feeds with other stamps: units of bytes, when each was transmitted, and the same unit as if transmitted later.

Only what says a time is changed, where it stands and as it is written: unit of the number, digits behind the point, zone. Checksums over it are
made anew. What has no time of its own belongs to the unit before it.
"""
