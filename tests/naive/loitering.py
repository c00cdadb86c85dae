"""Slow twin of the slow spells: one craft, all her reports at least a minute apart, in plain Python."""

from __future__ import annotations

from models.confinement import confinement_radius_km
from models.geodesy import distance_km


def judged_spells(time_us, lat, lon, kn, config):
    """(start, judged at, last slow) of every spell long enough to be judged."""
    found, spell, state = [], None, "under way"
    moving_since = None
    h_us = 3_600_000_000

    def end():
        nonlocal state
        if state == "judged":
            found.append((spell["start"], spell["judged"], spell["slow"]))
        state = "under way"

    for i in range(len(time_us)):
        made = None
        if i and time_us[i] - time_us[i - 1] > config.max_gap_h * h_us:
            end()
        elif i:
            made = distance_km(lat[i - 1], lon[i - 1], lat[i], lon[i]) / 1.852 / ((time_us[i] - time_us[i - 1]) / h_us)
        speeds = [speed for speed in (kn[i], made) if speed is not None]
        if not speeds:
            continue
        moving = any(speed > config.moving_above_kn for speed in speeds)
        slow = all(speed < config.slow_below_kn for speed in speeds)
        here = (lat[i], lon[i])
        if state == "under way":
            if moving:
                continue
            state, moving_since = "spell" if slow else "rounds", None
            spell = {"start": time_us[i], "places": []}
        elif moving:
            moving_since = time_us[i] if moving_since is None else moving_since
            waits = state == "judged" or spell.get("waits", False)
            away = distance_km(spell["last"][0], spell["last"][1], lat[i], lon[i])
            minutes = (time_us[i] - moving_since) / 60e6
            if away > (config.leaves_km if waits else config.off_km) or minutes >= (
                config.leaves_after_min if waits else config.moving_for_min
            ):
                end()
            continue
        spell["places"].append(here)
        limit_km = config.rounds_km if state == "rounds" else config.radius_km
        if state != "judged" and confinement_radius_km(*zip(*spell["places"], strict=True)) > limit_km:
            state = "spell" if slow else "rounds"
            spell = {"start": time_us[i], "places": [here]}
        if state == "rounds" and slow:
            state = "spell"
        moving_since = None
        spell["slow"], spell["last"] = time_us[i], here
        if time_us[i] - spell["start"] >= min(config.waits_h, config.min_duration_h) * h_us:
            spell["waits"] = True
        if state != "judged" and time_us[i] - spell["start"] >= config.min_duration_h * h_us:
            state, spell["judged"] = "judged", time_us[i]
    end()
    return found
