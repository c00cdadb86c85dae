"""Every figure of a comparison, on events made by hand."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tracker.errors import InputError
from tracker.evaluation.by_story import add_up
from tracker.evaluation.comparison import compare, compare_files
from tracker.evaluation.screen import evaluation_table
from tracker.simulate.labels import Label, read_labels, write_labels
from tracker.units import US_PER_H, iso_time

T0 = 1_772_323_200_000_000
SHIP, OTHER = "mmsi:219000001", "mmsi:219000002"


def label(number: int, kind: str, begin_h: float, end_h: float, **more: Any) -> Label:
    given: dict[str, Any] = {
        "label_id": f"L{number:04d}",
        "kind": kind,
        "detail": "silent",
        "craft": SHIP,
        "other_craft": None,
        "start_us": T0 + round(begin_h * US_PER_H),
        "end_us": T0 + round(end_h * US_PER_H),
        "lat_deg": 51.0,
        "lon_deg": 3.0,
        "must_alert": kind != "negative",
        "known_earliest_us": None if kind == "negative" else T0 + round(begin_h * US_PER_H),
        "forbids": (),
        "also": (),
        "what": f"label {number}",
    }
    return Label(**given | more)


def event(name: str, kind: str, begin_h: float, end_h: float | None, known_h: float, **more: Any) -> dict[str, Any]:
    return {
        "event_id": name,
        "revision": 1,
        "state": "open",
        "kind": kind,
        "detail": "silent",
        "craft": SHIP,
        "other_craft": None,
        "start": iso_time(T0 + round(begin_h * US_PER_H)),
        "end": None if end_h is None else iso_time(T0 + round(end_h * US_PER_H)),
        "cause": "silent_in_coverage" if kind == "dark_period" else None,
        "explanation": f"event {name}",
        "evidence": {"known": iso_time(T0 + round(known_h * US_PER_H))},
    } | more


def alert(event_id: str, kind: str = "raised") -> dict[str, Any]:
    return {"type": f"tidewaiter.alert.{kind}", "data": {"alert_id": f"A-{event_id}", "event": {"event_id": event_id}}}


def test_a_found_label_counts_once_and_its_delay_is_of_the_first_claim() -> None:
    labels = [label(1, "dark_period", 2, 4)]
    events = [
        event("a", "dark_period", 2, None, 2.5),
        event("a", "dark_period", 2, 4, 4.1, revision=2, state="closed"),
        event("b", "dark_period", 3, 4, 3.2),
    ]
    score = compare(labels, events).kinds[0]
    assert (score.labels, score.found, score.missed, score.claims, score.false) == (1, 1, 0, 2, 0)
    assert score.median_delay_min == 30.0
    assert (score.precision, score.recall) == (1.0, 1.0)


def test_an_event_of_another_craft_kind_or_time_finds_nothing() -> None:
    labels = [label(1, "loitering", 2, 4)]
    events = [
        event("craft", "loitering", 2, 4, 3, craft=OTHER),
        event("kind", "encounter", 2, 4, 3),
        event("late", "loitering", 6, 8, 7),
        event("early", "loitering", 0, 1, 1),
    ]
    result = compare(labels, events)
    scores = {score.kind: score for score in result.kinds}
    assert scores["loitering"].found == 0
    assert scores["loitering"].false == 3
    assert scores["encounter"].recall is not None
    assert math.isnan(scores["encounter"].recall)
    assert [claim.event_id for claim in result.false_claims] == ["early", "craft", "kind", "late"]


def test_only_a_silence_in_coverage_claims_anything() -> None:
    labels = [label(1, "dark_period", 2, 4)]
    events = [event(c, "dark_period", 2, 4, 3, cause=c) for c in ("left_coverage", "feed_outage", "in_port", "unknown")]
    events += [event("gap", "gap", 2, 4, 3), event("id", "integrity", 2, 4, 3), event("zone", "zone", 2, 4, 3)]
    result = compare(labels, events)
    assert [score.kind for score in result.kinds] == ["dark_period"]
    assert (result.kinds[0].found, result.kinds[0].claims) == (0, 0)


def test_a_later_revision_may_make_or_take_back_a_claim() -> None:
    labels = [label(1, "dark_period", 2, 6)]
    grown = [
        event("a", "dark_period", 2, None, 2.2, cause="unknown"),
        event("a", "dark_period", 2, None, 3.0, revision=2),
    ]
    assert compare(labels, grown).kinds[0].median_delay_min == 60.0
    taken_back = [*grown, event("a", "dark_period", 2, 2.1, 5, revision=3, state="retracted")]
    assert compare(labels, taken_back).kinds[0].claims == 0


def test_a_pair_is_met_in_either_order_and_a_one_sided_claim_by_either_craft() -> None:
    labels = [label(1, "encounter", 2, 4, other_craft=OTHER, detail="stopped")]
    for crafts in ((SHIP, OTHER), (OTHER, SHIP), (OTHER, None)):
        score = compare(labels, [event("a", "encounter", 2, 4, 3, craft=crafts[0], other_craft=crafts[1])]).kinds[0]
        assert score.found == 1
        assert score.detail_right == 0
    third = compare(labels, [event("a", "encounter", 2, 4, 3, other_craft="mmsi:219000003")])
    assert third.kinds[0].found == 0


def test_consequences_of_a_diversion_belong_to_it() -> None:
    labels = [label(1, "diversion", 2, 4, detail="wrong_way")]
    result = compare(labels, [event("late", "diversion", 9, None, 9.5, detail="late")])
    assert (result.kinds[0].found, result.kinds[0].false, result.kinds[0].detail_right) == (1, 0, 0)


def test_waiting_during_a_meeting_counts_neither_way() -> None:
    labels = [label(1, "encounter", 2, 4, other_craft=OTHER, also=("loitering",))]
    result = compare(labels, [event("wait", "loitering", 2, 4, 3)], [alert("wait")])
    assert [score.kind for score in result.kinds] == ["encounter"]
    assert result.false_claims == ()
    assert result.alerts_right == 1


def test_stations_of_a_dead_feed_are_part_of_its_outage() -> None:
    labels = [label(1, "feed_outage", 2, 3, craft="source:ais", must_alert=False)]
    events = [
        event("a", "feed_outage", 2, 3, 2.1, craft="source:ais/HOEKH"),
        event("b", "feed_outage", 2, 3, 2.1, craft="source:adsb"),
    ]
    score = compare(labels, events).kinds[0]
    assert (score.found, score.false) == (1, 1)


def test_a_negative_is_hit_only_by_what_it_forbids_and_never_by_the_truth() -> None:
    labels = [
        label(1, "negative", 0, 10, forbids=("loitering", "dark_period")),
        label(2, "loitering", 2, 4),
    ]
    events = [
        event("true", "loitering", 2, 4, 3),
        event("forbidden", "dark_period", 6, 7, 6.5),
        event("allowed", "encounter", 6, 7, 6.5),
        event("other", "loitering", 6, 7, 6.5, craft=OTHER),
    ]
    result = compare(labels, events)
    assert [(one.label_id, claim.event_id) for one, claim in result.negatives_hit] == [("L0001", "forbidden")]


def test_alerts_are_counted_once_and_retracted_ones_not() -> None:
    labels = [label(1, "loitering", 2, 4), label(2, "encounter", 2, 4, other_craft=OTHER)]
    events = [event("a", "loitering", 2, 4, 3), event("b", "loitering", 20, 24, 22)]
    alerts = [alert("a"), alert("a", "updated"), alert("b"), alert("c"), alert("c", "retracted")]
    result = compare(labels, events, alerts, craft_hours=4000.0)
    assert (result.alerts, result.alerts_right, result.must_alert) == (2, 1, 2)
    assert [one.label_id for one in result.must_alert_missed] == ["L0002"]
    assert result.alerts_per_1000_craft_hours == 0.5


def test_nothing_at_all_compares_to_nothing() -> None:
    result = compare([], [])
    assert result.kinds == ()
    assert result.to_json()["alerts"] is None


def test_json_and_table_tell_the_same(tmp_path: Path) -> None:
    write_labels(
        tmp_path / "labels.jsonl", [label(1, "loitering", 2, 4), label(2, "negative", 0, 9, forbids=("encounter",))]
    )
    rows = [event("a", "loitering", 2, 4, 3), event("b", "encounter", 5, 6, 6)]
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "scenario.json").write_text('{"craft_hours": 500}')
    result = compare_files(tmp_path / "labels.jsonl", tmp_path / "events.jsonl")
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert document["kinds"]["loitering"]["recall"] == 1.0
    assert document["kinds"]["encounter"]["precision"] == 0.0
    assert document["craft_hours"] == 500.0
    assert [hit["what"] for hit in document["negatives_hit"]] == ["label 2"]
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(evaluation_table(result))
    text = console.export_text()
    assert "Synthetic" in text
    assert "negative hit: encounter though label 2" in text


def test_labels_survive_a_file(tmp_path: Path) -> None:
    labels = [
        label(1, "encounter", 2, 4, other_craft=OTHER, also=("loitering",)),
        label(2, "feed_outage", 1, 2, craft="source:ais", lat_deg=math.nan, lon_deg=math.nan),
        label(3, "negative", 0, 9, forbids=("encounter", "gap")),
    ]
    write_labels(tmp_path / "labels.jsonl", labels)
    back = read_labels(tmp_path / "labels.jsonl")
    assert [one.to_json() for one in back] == [one.to_json() for one in labels]


@pytest.mark.parametrize("bad", ["not json", "[]", '{"label_id": "L1"}'])
def test_a_bad_label_or_event_is_named(tmp_path: Path, bad: str) -> None:
    (tmp_path / "labels.jsonl").write_text(bad + "\n")
    with pytest.raises(InputError, match="line 1"):
        read_labels(tmp_path / "labels.jsonl")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        compare_files(tmp_path / "labels.jsonl", tmp_path / "events.jsonl")


def test_a_lie_meets_labels_of_its_own_detail_and_information_claims_nothing() -> None:
    labels = [label(1, "integrity", 1.0, 3.0, detail="frozen_position", must_alert=False)]
    right = event("a", "integrity", 1.2, 3.0, 1.5, detail="frozen_position", confidence=0.6)
    other = event("b", "integrity", 1.2, 3.0, 1.5, detail="circle_pattern", confidence=0.8)
    unsure = event("c", "integrity", 1.2, 3.0, 1.5, detail="invalid_identity", confidence=0.2)
    (score,) = compare(labels, [right, other, unsure]).kinds
    assert (score.found, score.claims, score.false) == (1, 2, 1)


def test_an_area_is_met_whichever_craft_stands_for_it() -> None:
    labels = [label(1, "integrity", 1.0, 3.0, detail="degraded_navigation", craft=None, must_alert=False)]
    claim = event("a", "integrity", 1.2, 3.0, 1.5, detail="degraded_navigation", confidence=0.8, craft="icao24:4b1812")
    assert compare(labels, [claim]).kinds[0].found == 1


def displaced(*crafts: str) -> dict[str, Any]:
    evidence = {"known": iso_time(T0 + 2 * US_PER_H), "craft": list(crafts)}
    more = {"detail": "mass_displacement", "confidence": 0.8, "evidence": evidence}
    return event("m", "integrity", 1.2, 3.0, 1.5, craft=crafts[0], **more)


def test_an_event_about_several_craft_meets_the_label_of_any_of_them() -> None:
    given: dict[str, Any] = {"detail": "mass_displacement", "must_alert": False, "craft": OTHER}
    assert compare([label(1, "integrity", 1.0, 3.0, **given)], [displaced(SHIP, OTHER)]).kinds[0].found == 1
    assert compare([label(1, "integrity", 1.0, 3.0, **given)], [displaced(SHIP)]).kinds[0].found == 0


def test_a_feed_that_repeats_itself_is_a_claim_and_a_meeting_of_regulars_none() -> None:
    labels = [label(1, "integrity", 1.0, 3.0, detail="repeated_reports", craft="source:polled", must_alert=False)]
    told = event("a", "integrity", 1, 3, 2, detail="repeated_reports", confidence=0.25, craft="source:polled")
    met = event("b", "encounter", 1, 3, 2, detail="regular", other_craft=OTHER)
    (score,) = compare(labels, [told, met]).kinds
    assert (score.kind, score.found, score.false) == ("integrity", 1, 0)


def test_what_is_true_beside_a_negative_counts_neither_way() -> None:
    labels = [label(1, "negative", 0, 9, forbids=("dark_period",), also=("encounter",))]
    result = compare(labels, [event("a", "encounter", 2, 4, 3, other_craft=OTHER)])
    assert result.false_claims == ()
    assert result.negatives_hit == ()


def test_a_weak_story_shows_in_a_kind_that_does_well() -> None:
    crafts = [f"mmsi:2190001{number:02d}" for number in range(9)]
    labels = [label(n, "loitering", 2, 4, craft=craft, story="drift") for n, craft in enumerate(crafts)]
    labels += [
        label(20, "loitering", 2, 4, story="storm"),
        label(21, "negative", 0, 9, craft=OTHER, story="calm", forbids=("loitering",)),
    ]
    events = [event(craft, "loitering", 2, 4, 3, craft=craft) for craft in crafts]
    events += [
        event("calm", "loitering", 2, 4, 3, craft=OTHER),
        event("none", "loitering", 2, 4, 3, craft="mmsi:219000777"),
    ]
    stories = {score.story: score for score in compare(labels, events).stories}
    assert (stories["drift"].recall, stories["drift"].precision, stories["drift"].is_weak) == (1.0, 1.0, False)
    assert (stories["storm"].recall, stories["storm"].is_weak) == (0.0, True)
    assert (stories["calm"].negatives, stories["calm"].hit, stories["calm"].false) == (1, 1, 1)
    assert stories["no label"].false == 1
    twice = {score.story: score for score in add_up([tuple(stories.values())] * 2)}
    assert (twice["drift"].labels, twice["drift"].found, twice["calm"].hit) == (18, 18, 2)
