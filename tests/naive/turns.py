"""Slow twin of the turn sum: one aircraft, all her reports, in plain Python."""

from __future__ import annotations


def first_circling_us(time_us, course_deg, speed_kn, config):
    """When she had first turned far enough one way since the first report of some minute of the window; None if never."""
    total, last_us, reference, doubted = 0.0, None, None, False
    minutes: dict[int, float] = {}
    for us, course, kn in zip(time_us, course_deg, speed_kn, strict=True):
        if last_us is not None and us - last_us < 2_000_000:
            continue
        first = last_us is None
        last_us = us
        if first:
            continue
        if kn < config.slowest_kn:
            reference = None
        elif reference is None or us - reference[0] > 60_000_000:
            reference, doubted = (us, course), False
        else:
            step = (course - reference[1] + 180.0) % 360.0 - 180.0
            believable = abs(step) <= min(150.0, 25.0 * (us - reference[0]) / 1e6)
            if believable or doubted:
                total += step if believable else 0.0
                reference, doubted = (us, course), False
            else:
                doubted = True
        minute = us // 60_000_000
        minutes.setdefault(minute, total)
        window = [s for at, s in minutes.items() if minute - config.window_min < at <= minute]
        if any(abs(total - s) >= config.turn_deg for s in window):
            return us
    return None
