"""Slow twins: where a craft was at each instant of the grid, found by looking at all her reports; how long she was slow."""

from __future__ import annotations

from models.geodesy import interpolate


def samples(time_us, lat, lon, kn, slot_us, settle_us, silence_us, hold_us, slow_kn):
    """{instant: (lat, lon, held)} of one craft from all her reports (distinct times, in order)."""
    found = {}
    first, last = -(-time_us[0] // slot_us), (time_us[-1] + hold_us) // slot_us
    for instant in range(first * slot_us, last * slot_us + 1, slot_us):
        before = [i for i in range(len(time_us)) if time_us[i] <= instant][-1]
        after = [i for i in range(len(time_us)) if time_us[i] > instant]
        silent = time_us[before + 1] - time_us[before] if after else None
        if time_us[before] == instant:
            found[instant] = (lat[before], lon[before], False)
        elif after and silent <= silence_us and time_us[before + 1] - instant <= settle_us:
            part = (instant - time_us[before]) / silent
            at = interpolate(lat[before], lon[before], lat[before + 1], lon[before + 1], part)
            found[instant] = (float(at[0]), float(at[1]), False)
        elif (not after or time_us[before + 1] - instant > settle_us) and (
            instant - time_us[before] <= hold_us and not kn[before] > slow_kn
        ):
            found[instant] = (lat[before], lon[before], True)
    return found
