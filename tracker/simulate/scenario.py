"""A labelled scenario as raw bytes: who sails and flies, what is heard of them, what their papers say, and the truth.

Everything comes out of one random generator: the same seed gives the same bytes. ``docs/simulator.md`` describes the
files; nothing in them is a recording, and no ship, flight, firm or consignment in them exists.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import zstandard

from tracker.cargo.write import write_cargo_json
from tracker.errors import SettingError
from tracker.simulate import air, beacon, silence, transmit
from tracker.simulate.aboard import ABOARD_FILE, aboard_of, write_aboard
from tracker.simulate.build import Progress, World, build
from tracker.simulate.labels import NEGATIVE, SCENARIO_FILE, Label, write_labels
from tracker.simulate.office import as_in_offices, share_names
from tracker.simulate.papers import CARRYING, Clerk, Papers
from tracker.simulate.radio import GRID_S
from tracker.simulate.stories import feeds
from tracker.simulate.stories.flights import WITHOUT_PAPERS
from tracker.simulate.stories.seed import Seed
from tracker.simulate.tracks import HOUR_S
from tracker.simulate.traffic import Ship
from tracker.units import US_PER_S, iso_time

AIS_FILE: Final = "ais.nmea.zst"
AIR_FILE: Final = "adsb.beast"
CARGO_FILE: Final = "cargo.json"
LABELS_FILE: Final = "labels.jsonl"
STRIPS_FILE: Final = "strips.csv"
_OFFICE: Final = 17
"""Of the generator of the office's slips, so that nothing else depends on them."""
DEFAULT_START_US: Final = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * US_PER_S
MIN_VESSELS: Final = 20
MAX_VESSELS: Final = 1_500
MAX_FLIGHTS: Final = 2_000
MIN_HOURS: Final = 3.0
MAX_HOURS: Final = 240.0
MAX_LOSS: Final = 0.3
"""More than that is lost on no feed that is kept."""
_WORK: Final = {
    "fishing": "works her ground: tows, hauls and drifts",
    "tug": "works in the approaches",
    "pilot": "meets ships in the approaches",
    "ferry": "shuttles between two ports",
    "yacht": "has a class B transmitter that is heard badly",
}
_HONEST: Final = ("dark_period", "loitering", "encounter")
_TRUE: Final = (*_HONEST, "integrity")
_SILENT: Final = frozenset({"dark_period", "one_sided"})
"""Stories whose ships are silent where they should be heard."""


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What was written."""

    folder: Path
    seed: int
    start_us: int
    end_us: int
    vessels: int
    flights: int
    ais_messages: int
    """Transmissions received by at least one station."""
    ais_sentences: int
    """Lines written: every copy, both lines of a message 5."""
    damaged_sentences: int
    mode_s_frames: int
    manifests: int
    labels: dict[str, int]
    """Labels by kind, the negatives by ``negative: detail``."""
    craft_hours: float
    """Hours of all vessels, flights and craft of other feeds together."""
    loss: float = 0.0
    """Share of the reports lost at random."""

    def to_json(self) -> dict[str, Any]:
        """All but the folder; what ``scenario.json`` holds."""
        return {
            "synthetic": True,
            "seed": self.seed,
            "start": iso_time(self.start_us),
            "end": iso_time(self.end_us),
            "vessels": self.vessels,
            "flights": self.flights,
            "craft_hours": round(self.craft_hours, 1),
            "loss": self.loss,
            "ais_messages": self.ais_messages,
            "ais_sentences": self.ais_sentences,
            "damaged_sentences": self.damaged_sentences,
            "mode_s_frames": self.mode_s_frames,
            "manifests": self.manifests,
            "labels": self.labels,
        }

    def sentence(self) -> str:
        """The report in one sentence."""
        seeded = sum(count for kind, count in self.labels.items() if not kind.startswith(NEGATIVE))
        harmless = sum(self.labels.values()) - seeded
        return (
            f"Synthetic scenario in {self.folder}: {self.vessels} vessels, {self.flights} flights, "
            f"{self.ais_sentences:,} AIS sentences, {self.mode_s_frames:,} Mode S frames, {self.manifests} manifests, "
            f"{seeded} seeded events and {harmless} things that only look like one."
        )


def recordings(folder: Path) -> list[Path]:
    """What of a scenario is to be replayed: the recordings in it, aircraft first."""
    return [path for name in (AIR_FILE, AIS_FILE, *feeds.FEED_FILES) if (path := folder / name).exists()]


def simulate(
    folder: Path,
    *,
    seed: int = 1,
    vessels: int = 200,
    flights: int = 40,
    start: int = DEFAULT_START_US,
    hours: float = 48.0,
    loss: float = 0.0,
    is_office: bool = False,
    progress: Progress | None = None,
) -> SimulationReport:
    """Write a scenario into a folder (made if missing; files of an earlier one are replaced).

    Parameters
    ----------
    start:
        Begin in microseconds since 1970, cut to a whole second.
    loss:
        Share of the reports of ships, and of the frames of aircraft, lost at random on the way in: 0 to ``MAX_LOSS``.
    is_office:
        Papers are as offices have them (``tracker.simulate.office``): misspelt, without numbers or times, amended.
    progress:
        Called between stages.

    Raises
    ------
    SettingError
        For a scenario too small to hold a story (under 20 vessels or 3 hours) or too large for one folder (over 1,500 vessels,
        2,000 flights or 240 hours), or for a loss outside its range.
    """
    if not 0.0 <= loss <= MAX_LOSS:
        raise SettingError(f"a loss of {loss:g}", "simulate", f"ask for 0 to {MAX_LOSS:g}")
    if not MIN_VESSELS <= vessels <= MAX_VESSELS or not 0 <= flights <= MAX_FLIGHTS:
        raise SettingError(
            f"{vessels} vessels and {flights} flights",
            "simulate",
            f"ask for {MIN_VESSELS} to {MAX_VESSELS:,} vessels and at most {MAX_FLIGHTS:,} flights",
        )
    if not MIN_HOURS <= hours <= MAX_HOURS:
        raise SettingError(f"{hours} hours", "simulate", f"ask for {MIN_HOURS:.0f} to {MAX_HOURS:.0f} hours")
    start_s = start // US_PER_S
    tell = progress or (lambda _stage, _share: None)
    rng = np.random.default_rng(seed)
    tell("lanes and voyages", 0.0)
    scene = build(rng, vessels, flights, hours, tell)
    scene.lost = replace(scene.lost, loss=loss)
    folder.mkdir(parents=True, exist_ok=True)
    of_office = np.random.default_rng((seed, _OFFICE))
    namesakes = share_names(of_office, scene.fleet) if is_office else set()

    tell("transmissions", 0.4)
    network = transmit.Network(scene.coverage, scene.lost, start_s, rng)
    on_air = transmit.Air()
    left: list[Seed] = []
    grid_s = np.arange(scene.lat.shape[1]) * GRID_S
    chances = {}
    for number, ship in enumerate(scene.fleet):
        lat, lon = scene.lat[number], scene.lon[number]
        chance = scene.coverage.probability(lat, lon, grid_s, class_b=ship.class_b)
        chances[number] = chance[:, ::10].copy()
        heard = transmit.positions(ship, number, lat, lon, chance, scene.coverage.stations, scene.lost, rng, on_air)
        if not ship.story:
            left += silence.left_coverage(ship, heard, lat, lon, scene.chance[number])
        if scene.lost.duct is not None and ship.story not in _SILENT:
            left += silence.heard_far_off(ship, heard, lat, lon, scene.chance[number], scene.lost.duct)
        if number % 20 == 0:
            tell("transmissions", 0.4 + 0.3 * number / len(scene.fleet))

    tell("sentences", 0.7)
    messages = transmit.send_positions(network, on_air)
    messages += transmit.send_statics(
        network, scene.fleet, lambda k: np.repeat(chances[k], 10, axis=1), scene.lost, start_s, hours, rng
    )
    messages += network.beacons(hours)
    compressor = zstandard.ZstdCompressor(level=3)
    with (folder / AIS_FILE).open("wb") as file, compressor.stream_writer(file) as out:
        for block in network.lines.blocks():
            out.write(block)
    tell("aircraft", 0.9)
    feed = beacon.air_feed(
        [*scene.flights, *scene.light.flights], air.AirCoverage(), scene.air_lost, hours * HOUR_S, rng, loss
    )
    begin_us = start_s * US_PER_S
    first_us = begin_us + round(feed.first_s * 1000.0) * 1000
    air_file, air_facts = folder / AIR_FILE, folder / f"{AIR_FILE}.json"
    if feed.stream:
        air_file.write_bytes(feed.stream)
        air_facts.write_text(json.dumps({"start_time": iso_time(first_us)}) + "\n", encoding="utf-8")
    else:  # an empty recording is refused by whoever reads it
        air_file.unlink(missing_ok=True)
        air_facts.unlink(missing_ok=True)

    for name in feeds.FEED_FILES:
        (folder / name).unlink(missing_ok=True)
    for table in scene.feeds:
        (folder / table.file).write_text(table.text(start_s * US_PER_S, hours * HOUR_S, loss), encoding="utf-8")

    tell("papers and labels", 0.95)
    papers = _papers(scene, rng, begin_us)
    if is_office:
        papers = as_in_offices(of_office, papers, namesakes)
    write_aboard(folder / ABOARD_FILE, aboard_of(papers.manifests, papers.carriers, papers.hard, begin_us))
    (folder / CARGO_FILE).write_text(write_cargo_json(papers.manifests), encoding="utf-8")
    labels = _labels(scene, left, papers, begin_us, hours * HOUR_S)
    write_labels(folder / LABELS_FILE, labels)
    strips = "".join(f"{name},{lat:.5f},{lon:.5f},synthetic\n" for name, lat, lon in scene.light.strips)
    (folder / STRIPS_FILE).write_text(f"name,lat,lon,remark\n{strips}", encoding="utf-8")
    (folder / "README.txt").write_text(
        _readme(seed, scene, begin_us, hours, has_air=bool(feed.stream)),
        encoding="utf-8",
    )
    counted = Counter(f"{label.kind}: {label.detail}" if label.kind == "negative" else label.kind for label in labels)
    report = SimulationReport(
        folder=folder,
        seed=seed,
        start_us=begin_us,
        end_us=begin_us + round(hours * HOUR_S) * US_PER_S,
        vessels=len(scene.fleet),
        flights=len(scene.flights),
        ais_messages=messages,
        ais_sentences=len(network.lines),
        damaged_sentences=network.lines.damaged + network.lines.cut,
        mode_s_frames=feed.frames,
        manifests=len(papers.manifests),
        labels=dict(sorted(counted.items())),
        craft_hours=len(scene.fleet) * hours
        + sum(float(np.ptp(f.time_s)) for f in (*scene.flights, *scene.light.flights)) / HOUR_S
        + sum(table.craft_hours for table in scene.feeds),
        loss=loss,
    )
    text = json.dumps(report.to_json(), indent=1) + "\n"
    (folder / SCENARIO_FILE).write_text(text, encoding="utf-8")
    tell("done", 1.0)
    return report


def _papers(scene: World, rng: np.random.Generator, begin_us: int) -> Papers:
    clerk = Clerk(rng, begin_us)
    story_s = {id(ship): seed.start_s for seed in scene.seeds for ship in (seed.ship, seed.other) if ship is not None}
    shared = Counter(ship.mmsi for ship in scene.fleet)
    for ship in scene.fleet:
        seeded = id(ship) in story_s
        if ship.role in CARRYING | {"bad_imo"} and shared[ship.mmsi] == 1 and (seeded or rng.random() < 0.75):
            clerk.ship(ship, story_s.get(id(ship)))
    for flight in scene.flights:
        if flight.story != WITHOUT_PAPERS and (flight.story or rng.random() < 0.7):
            clerk.flight(flight)
    return clerk.done()


def _negatives(scene: World, end_s: float) -> list[Seed]:
    """What only looks like something: work, waiting, port stays, shared and wrong identities."""
    found: list[Seed] = []

    def add(
        ship: Ship, detail: str, begin: float, end: float, lat: float, lon: float, what: str, forbids: tuple[str, ...]
    ) -> None:
        found.append(
            Seed(
                "negative",
                detail,
                ship,
                begin,
                end,
                lat,
                lon,
                None,
                f"{ship.name} {what}.",
                must_alert=False,
                forbids=forbids,
            )
        )

    for number, ship in enumerate(scene.fleet):
        here = float(scene.lat[number, 0]), float(scene.lon[number, 0])
        if ship.role in _WORK:
            add(ship, "class_b" if ship.role == "yacht" else ship.role, 0.0, end_s, *here, _WORK[ship.role], _TRUE)
        if ship.role == "shared_mmsi":
            add(ship, "shared_mmsi", 0.0, end_s, *here, "shares her MMSI with another ship", ("gap", *_HONEST))
        if ship.role == "bad_imo":
            add(ship, "bad_imo", 0.0, end_s, *here, "transmits an IMO number with a wrong check digit", _TRUE)
        if ship.role in CARRYING:
            for stay in ship.track.stays:
                begin, end = max(stay.start_s, 0.0), min(stay.end_s, end_s)
                if end - begin > 2.0 * HOUR_S:
                    what = (
                        f"lies at anchor off {stay.place}"
                        if stay.what == "anchorage"
                        else f"is alongside at {stay.place}"
                    )
                    add(
                        ship,
                        stay.what,
                        begin,
                        end,
                        stay.lat_deg,
                        stay.lon_deg,
                        f"{what} for {(end - begin) / HOUR_S:.0f} h",
                        _TRUE,
                    )
    return found


def _labels(scene: World, left: list[Seed], papers: Papers, begin_us: int, end_s: float) -> list[Label]:
    """All labels in the order of time, the seeded before the negatives."""

    def instant(time_s: float) -> int:
        return begin_us + round(time_s * 1000.0) * 1000

    seeds = scene.seeds + left + _negatives(scene, end_s)
    rows = sorted(seeds, key=lambda s: (s.kind == "negative", s.start_s, s.kind, s.detail, s.what))
    labels = []
    for number, seed in enumerate(rows, start=1):
        craft = seed.craft if seed.ship is None else seed.ship.craft
        other = seed.other_craft if seed.other is None else seed.other.craft
        labels.append(
            Label(
                label_id=f"L{number:04d}",
                kind=seed.kind,
                detail=seed.detail,
                craft=craft,
                other_craft=other,
                start_us=instant(seed.start_s),
                end_us=instant(min(seed.end_s, end_s)),
                lat_deg=seed.lat_deg,
                lon_deg=seed.lon_deg,
                must_alert=seed.must_alert and bool({craft, other} & papers.flagged),
                known_earliest_us=None if seed.known_s is None else instant(seed.known_s),
                forbids=seed.forbids,
                also=seed.also,
                what=seed.what,
                story=seed.story or seed.detail,
            )
        )
    return labels


def _readme(seed: int, scene: World, begin_us: int, hours: float, *, has_air: bool) -> str:
    air_line = f"{AIR_FILE}          Mode S frames, Beast binary; {AIR_FILE}.json says when counter zero was\n"
    tables = "".join(f"{table.file:<20}a table of another feed\n" for table in scene.feeds)
    return (
        "SYNTHETIC DATA, made by `tidewaiter simulate`. No ship, flight, firm or consignment in here exists;\n"
        "any likeness of a number or name to a real one is chance. Do not feed it to a live system.\n\n"
        f"Seed {seed}; {len(scene.fleet)} vessels and {len(scene.flights)} flights; {hours:g} h from {iso_time(begin_us)}.\n\n"
        f"{AIS_FILE}        AIVDM sentences with tag blocks, Zstandard\n"
        f"{air_line if has_air else ''}"
        f"{tables}"
        f"{CARGO_FILE}          manifests with itineraries, consignments and flags\n"
        f"{LABELS_FILE}        the truth, one JSON line for everything seeded and for what only looks like it\n"
        f"{ABOARD_FILE}        for every consignment when it is aboard\n"
        f"{STRIPS_FILE}          register of suspected strips, for `tidewaiter reference import`\n"
        f"{SCENARIO_FILE}       how large it is\n"
    )
