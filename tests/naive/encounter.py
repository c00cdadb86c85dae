"""Slow twins: where a craft was at each instant of the grid, found by looking at all her reports; how long she was slow."""

from __future__ import annotations

from models.geodesy import distance_km, interpolate


def samples(time_us, lat, lon, kn, slot_us, settle_us, silence_us, drift_us, hold_us, slow_kn):
    """{instant: (lat, lon, held)} of one craft from all her reports (distinct times, in order); held is 0, 0.5 (just heard to be slow) or 1."""
    found = {}
    first, last = -(-time_us[0] // slot_us), (time_us[-1] + hold_us) // slot_us
    for instant in range(first * slot_us, last * slot_us + 1, slot_us):
        before = [i for i in range(len(time_us)) if time_us[i] <= instant][-1]
        after = [i for i in range(len(time_us)) if time_us[i] > instant]
        silent = time_us[before + 1] - time_us[before] if after else None
        joined = after and silent <= silence_us
        if after and silence_us < silent <= drift_us and not kn[before] > slow_kn and not kn[before + 1] > slow_kn:
            way_km = distance_km(lat[before], lon[before], lat[before + 1], lon[before + 1])
            joined = way_km <= slow_kn * 1.852 * silent / 3_600_000_000
        if time_us[before] == instant:
            found[instant] = (lat[before], lon[before], 0.0)
        elif joined and time_us[before + 1] - instant <= settle_us:
            part = (instant - time_us[before]) / silent
            at = interpolate(lat[before], lon[before], lat[before + 1], lon[before + 1], part)
            found[instant] = (float(at[0]), float(at[1]), 0.0)
        elif (not after or time_us[before + 1] - instant > settle_us) and (
            instant - time_us[before] <= hold_us and not kn[before] > slow_kn
        ):
            fresh = instant - time_us[before] < slot_us and kn[before] <= slow_kn
            found[instant] = (lat[before], lon[before], 0.5 if fresh else 1.0)
    return found


def births(time_us, lat, slot_us, drift_us):
    """{instant: (lat, share of the slot passed)} of each report that is the first, or the first after a long silence."""
    found = {}
    for i in range(len(time_us)):
        if i == 0 or time_us[i] - time_us[i - 1] > drift_us:
            instant = int(-(-time_us[i] // slot_us) * slot_us)
            found[instant] = (float(lat[i]), 1.0 - (instant - int(time_us[i])) / slot_us)
    return found
