"""Which files hold the rules that must not fail, and which tests stand for them.

Tests are in the order in which they are tried; a fault is found by the first that fails. They were chosen by what they are about, quick ones first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Area:
    """Files whose faults are sought by the same tests."""

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    """Tests left out: those that start programs of their own, which have no faults, and those of speed."""
    marks: str = ""
    """Only tests whose marks fit this, as pytest takes it."""


_WATCH: Final = "tests/tracker/watch"

AREAS: Final = (
    Area(
        "alerts",
        ("tracker/alerts/desk.py", "tracker/alerts/merge.py", "tracker/alerts/rank.py", "tracker/alerts/dossier.py"),
        ("tests/tracker/alerts", "tests/scenarios/test_cargo_story.py"),
    ),
    Area(
        "links",
        (
            "tracker/cargo/link.py",
            "tracker/cargo/meant.py",
            "tracker/cargo/links.py",
            "tracker/cargo/bonds.py",
            "tracker/cargo/loading.py",
            "tracker/cargo/calls.py",
        ),
        (
            "tests/tracker/cargo/test_link.py",
            "tests/tracker/cargo/test_links.py",
            "tests/tracker/cargo/test_link_identities.py",
            "tests/tracker/cargo/test_loading.py",
            "tests/tracker/cargo/test_calls.py",
            "tests/tracker/cargo/test_documents.py",
            "tests/tracker/cargo/test_contradictions.py",
            "tests/tracker/cargo/test_resembling.py",
            "tests/tracker/cargo/test_boxes.py",
            "tests/tracker/cargo/test_late_papers.py",
            "tests/scenarios/test_cargo_story.py",
        ),
        (
            "tests/tracker/cargo/test_link.py::test_a_thousand_craft_of_one_name_are_not_each_held_against_all_others",
            "tests/tracker/cargo/test_boxes.py::test_fifteen_thousand_boxes_are_told_apart_once",
            "tests/tracker/cargo/test_late_papers.py::test_late_papers_find_what_was_heard_before",
        ),
    ),
    Area(
        "flags",
        ("tracker/cargo/flagging.py",),
        ("tests/tracker/cargo/test_flagging.py", "tests/tracker/cargo/test_columns.py", f"{_WATCH}/test_control.py"),
    ),
    Area(
        "commits",
        ("tracker/watch/life.py", "tracker/watch/durability.py", "tracker/watch/catch_up.py"),
        (f"{_WATCH}/test_little_lives.py", f"{_WATCH}/test_commands.py", f"{_WATCH}/test_late_papers.py"),
        marks="not slow",
    ),
    Area(
        "loop",
        ("tracker/watch/loop.py",),
        (f"{_WATCH}/test_little_lives.py", f"{_WATCH}/test_loop.py"),
        marks="not slow",
    ),
    Area(
        "engine",
        (
            "tracker/engine/engine.py",
            "tracker/engine/ends.py",
            "tracker/engine/feeds.py",
            "tracker/engine/late.py",
            "tracker/engine/looking_back.py",
            "tracker/engine/public_revisions.py",
            "tracker/engine/timeline.py",
            "tracker/engine/work.py",
        ),
        ("tests/tracker/engine", f"{_WATCH}/test_arrival_order.py", f"{_WATCH}/test_little_lives.py"),
        marks="not slow",
    ),
    Area(
        "store",
        ("tracker/store/append.py",),
        (
            "tests/tracker/store/test_append.py",
            "tests/tracker/store/test_published.py",
            "tests/tracker/store/test_database.py",
            "tests/tracker/store/test_portions.py",
            "tests/tracker/store/test_cases.py",
            f"{_WATCH}/test_record.py",
        ),
    ),
    Area(
        "journal",
        ("streams/journal.py", "streams/journal_index.py", "streams/journal_segments.py", "streams/journaled.py"),
        ("tests/streams/test_journal_recovery.py", "tests/streams/test_journal.py", "tests/streams/test_journaled.py"),
        ("tests/streams/test_journal.py::test_a_writer_killed_at_any_moment_loses_nothing_it_was_told_is_kept",),
    ),
)
