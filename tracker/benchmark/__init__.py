"""The benchmark of the detectors: seeded scenarios, and events injected into real backgrounds, end to end.

``run`` drives it, ``background`` reads recordings, ``injections`` edits them, ``table`` holds the figures.
"""
