"""Tracks: from identities to transmitters, before any detector looks."""

from tracker.tracks.builder import TrackBuilder, TrackConfig
from tracker.tracks.kinds import is_fixed_station, is_vessel

__all__ = ["TrackBuilder", "TrackConfig", "is_fixed_station", "is_vessel"]
