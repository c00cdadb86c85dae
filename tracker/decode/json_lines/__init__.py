"""JSON feeds: readsb, jet1090, OpenSky and flat track objects, by lines or as documents."""

from tracker.decode.json_lines.decoder import JsonDecoder

__all__ = ["JsonDecoder"]
