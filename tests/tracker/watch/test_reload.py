"""Reload: other zones and thresholds take effect in a life that goes on, with everything it remembers."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streams.memory import ManualClock
from tests.tracker.watch import sea
from tests.tracker.watch.said import Said
from tests.tracker.watch.story import Story, world_of
from tests.tracker.watch.test_run import begin, command, wait_for
from tests.tracker.watch.window import free_port
from tests.waiting import PATIENCE_S, eventually
from tracker.cargo.book import CargoBook
from tracker.errors import InputError, StoreError
from tracker.geography.zones import NO_ZONES, ZoneSet, zones_from
from tracker.settings import load_settings
from tracker.watch.reloading import Change, Given, Reloaded, Reloader, ReloadQueue, ReloadRefusedError, change_of
from tracker.watch.world import World

NORTH_SEA = (-20.0, 30.0, 30.0, 70.0)
NOWHERE = (-150.0, -60.0, -149.0, -59.0)


def zones_of(**boxes: tuple[float, float, float, float]) -> ZoneSet:
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
            },
        }
        for name, (west, south, east, north) in boxes.items()
    ]
    return zones_from({"type": "FeatureCollection", "features": features}, "zones")


def settings_of(folder: Path, text: str) -> Any:
    path = folder / "settings.toml"
    path.write_text(text)
    return load_settings(path)


@pytest.fixture
def story(small_sea: sea.SmallSea, tmp_path: Path) -> Story:
    return Story(world_of(small_sea), tmp_path / "life", small_sea.content)


def changed(world: World, **given: Any) -> Change:
    return change_of(world, replace(Given(world.settings, world.book, world.zones), **given))


def live(story: Story, seed: int = 1) -> Iterator[int]:
    """A new life is fed; gives control after every chunk."""
    offset = story.begin()
    rng = random.Random(seed)
    assert story.life is not None
    for count, chunk in enumerate(story.chunks(offset, rng.randint(20_000, 40_000)), 1):
        story.life.take("net", chunk)
        story.life.step()
        story.life.commit(wait=True)
        if count % 7 == 0:
            story.life.take_snapshot()
        yield count


def test_what_differs_is_found_and_what_waits_for_a_start_is_named(tmp_path: Path, small_sea: sea.SmallSea) -> None:
    world = replace(world_of(small_sea), zones=zones_of(a=NORTH_SEA, b=NOWHERE))
    settings = settings_of(
        tmp_path,
        "[loitering]\nmin_duration_h = 2.5\n[silence]\ntick_s = 30.0\n[watch]\nstep_s = 0.2\n"
        '[sources.new]\nkind = "udp"\naddress = "127.0.0.1:1"\n',
    )
    found = changed(world, settings=settings, zones=zones_of(b=NORTH_SEA, c=NOWHERE), book=CargoBook())
    assert found.said[0].startswith("[silence] tick_s = 30.0, was 60.0")
    assert found.said[1].startswith("[loitering] min_duration_h = 2.5")
    assert found.said[2] == "zones: 1 new, 1 other, 1 gone; 2 in all"
    assert f"{len(small_sea.book.latest):,} manifests" in found.said[3]
    assert (found.anew, found.gone_zones) == ({"silence"}, {"a"})
    assert found.waiting == ("[watch] step_s", "[sources.new]")
    in_force = found.world.settings
    assert (in_force["silence"].tick_s, in_force.watch.step_s, list(in_force.sources)) == (30.0, 0.1, [])
    same = changed(world, zones=zones_of(b=NOWHERE, a=NORTH_SEA), settings=load_settings())
    assert (same.said, same.waiting, same.world.zones is world.zones) == ((), (), True)


@pytest.mark.slow
def test_reloaded_again_and_again_refused_and_killed_it_remembers_everything(
    story: Story, undisturbed: dict[str, list[tuple[Any, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for count in live(story):
        life = story.life
        assert life is not None
        if count % 10 == 5:
            told = life.reload(changed(life.world, zones=zones_of(**{f"far {count}": NOWHERE})))
            assert (len(told.changed), told.begun_anew) == (1, {})
            story.world = life.world
        if count == 12:
            with monkeypatch.context() as patch:
                patch.setattr("tracker.voyages.port_calls.PortCalls.restore", lambda *_: 1 / 0)
                with pytest.raises(ReloadRefusedError, match=r"ZeroDivisionError.*the old stays in force"):
                    life.reload(changed(life.world, zones=zones_of(far=NOWHERE)))
            assert life.world is story.world
        if count == 25:
            break
    story.kill()
    for _ in live(story, seed=2):
        pass
    assert story.driven_anew == []
    assert story.left() == undisturbed


def test_zones_take_effect_from_now_on_and_visits_of_those_gone_are_closed(story: Story) -> None:
    turns = live(story)
    for _ in range(12):
        next(turns)
    life = story.life
    assert life is not None
    mark_us = life.engine.watermark_us
    life.reload(changed(life.world, zones=zones_of(wide=NORTH_SEA)))
    for _ in range(8):
        next(turns)
    asked = "SELECT state, count(*), epoch_us(min(known_time)) FROM events WHERE kind = 'zone' GROUP BY ALL"
    ((state, count, first_us),) = story.ask(asked)
    assert (state, count > 5, first_us > mark_us) == ("open", True, True)
    gone_us = life.engine.watermark_us
    life.reload(changed(life.world, zones=NO_ZONES))
    assert story.ask(asked) == [("closed", count, gone_us // 1000 * 1000)]
    next(turns)
    story.end()


def test_a_detector_whose_memory_is_laid_out_otherwise_begins_anew_and_says_so(story: Story, tmp_path: Path) -> None:
    turns = live(story)
    for _ in range(25):
        next(turns)
    life = story.life
    assert life is not None
    opened = (
        "SELECT count(*) FROM events WHERE kind IN ('gap', 'dark_period') AND state = 'open' AND craft LIKE 'mmsi%'"
    )
    ((before,),) = story.ask(opened)
    others = "SELECT * FROM events WHERE kind NOT IN ('gap', 'dark_period', 'feed_outage', 'encounter') ORDER BY ALL"
    kept = story.ask(others)
    told = life.reload(changed(life.world, settings=settings_of(tmp_path, "[silence]\ncell_ship_deg = 0.2\n")))
    assert list(told.begun_anew) == ["silence"]
    assert "The detector silence begins anew" in told.sentence
    assert (before > 0, story.ask(opened)) == (True, [(0,)])
    assert story.ask(others) == kept
    assert life.shelf.marks() == [life.engine.watermark_us]
    next(turns)
    story.end()


def reloader(read: Callable[[], Given], world: World, log: Said) -> tuple[Reloader, ReloadQueue]:
    reloads = ReloadQueue()
    return Reloader(read, lambda: world, reloads, log, ManualClock(1_795_000_000_000_000)), reloads


def test_a_mistake_is_refused_in_one_sentence_and_told_in_log_and_status(small_sea: sea.SmallSea) -> None:
    def read() -> Given:
        raise InputError("is not JSON", "zones.geojson", "write GeoJSON")

    log = Said()
    made, reloads = reloader(read, world_of(small_sea), log)
    made.reload_on_signal()
    with pytest.raises(InputError, match="is not JSON"):
        made.reload()
    assert reloads.take() is None
    assert [event for _, event, _ in log.lines] == ["reload_refused"] * 2
    assert made.last is not None
    assert (made.last["at"], made.last["is_refused"]) == ("2026-11-18T11:06:40.000Z", True)
    assert "is not JSON" in made.last["sentence"]


def test_one_reload_at_a_time_and_the_asker_hears_what_became_of_it(small_sea: sea.SmallSea) -> None:
    world, log = world_of(small_sea), Said()
    made, reloads = reloader(lambda: Given(world.settings, world.book, zones_of(far=NOWHERE)), world, log)
    told: list[Any] = []
    first = threading.Thread(target=lambda: told.append(made.reload()))
    first.start()
    asked = eventually(reloads.take)
    with pytest.raises(StoreError, match="is being made"):
        made.reload()
    assert [event for _, event, _ in log.lines] == []

    asked.tell(Reloaded(asked.change.said, {}, ()))
    first.join(PATIENCE_S)
    assert told[0]["sentence"] == "In force now: zones: 1 new, 0 other, 0 gone; 1 in all."
    assert [event for _, event, _ in log.lines] == ["reloaded"]


@pytest.mark.slow
def test_a_running_watch_reloads_by_command_and_by_signal(tmp_path: Path) -> None:
    feed, zones, port = tmp_path / "feed.nmea", tmp_path / "zones.geojson", free_port()
    feed.write_text("!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*24\n")
    polygon = '{"type": "Polygon", "coordinates": [[[0, 0], [%d, 0], [1, 1], [0, 0]]]}'
    zones.write_text(polygon % 1)
    db = str(tmp_path / "w.duckdb")
    process = begin(tmp_path, port, "--source", f"sea={feed}", "--zones", str(zones))
    try:
        wait_for(process, port, "/readyz")
        assert command("reload", "--db", db)[:2] == (0, "Nothing has changed.\n")
        zones.write_text(polygon % 2)
        assert command("reload", "--db", db)[1] == "In force now: zones: 0 new, 1 other, 0 gone; 1 in all.\n"
        zones.write_text("no JSON")
        code, _, said = command("reload", "--db", db)
        assert (code, "is not JSON" in said) == (2, True)
        assert "REFUSED" in command("status", "--db", db)[1]
        zones.write_text(polygon % 3)
        os.kill(process.pid, signal.SIGHUP)
        eventually(lambda: "REFUSED" not in command("status", "--db", db)[1])
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        assert [log.count(f'"event": "{name}"') for name in ("reloaded", "reload_refused")] == [3, 1]
    finally:
        process.kill()
        process.communicate()
    assert command("reload", "--db", db)[0] == 2
