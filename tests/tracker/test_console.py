"""Every way out of the console shows text as data: no markup is obeyed, nothing unseen reaches the terminal, nothing is cut."""

from __future__ import annotations

import io
import unicodedata
from collections import Counter
from collections.abc import Callable

import pytest

from tests.tracker.alerts.story import event
from tracker.alerts.alert import Alert, AlertType
from tracker.cargo.book import CargoBook
from tracker.commands import show as console
from tracker.decode.rejects import RejectCause
from tracker.errors import InputError
from tracker.evaluation.decoding import BenchRow
from tracker.geography.reference import ImportReport
from tracker.operations.log import log_to
from tracker.printable import printable
from tracker.replay import Summary
from tracker.settings import load_settings
from tracker.terminal import Terminal

NASTY = (
    "[/B][red]x[/] :smile: \x1b[2J\x1b]0;t\x07 \x00 \x9b31m \u202eevil\u2066 new\nline\r\ttab \u2028 e"
    + "\u0301" * 40
    + " 長榮 \U000e0041"
)
LONG = "L" * 10_000


def terminal(width: int) -> tuple[Terminal, io.StringIO]:
    file = io.StringIO()
    return Terminal(file=file, width=width), file


def alert() -> Alert:
    told = event(craft="mmsi:219001234", other_craft=NASTY, detail=NASTY, explanation=NASTY + LONG)
    consignment = {"document_number": NASTY, "flags": [{"flag": NASTY}]}
    return Alert(
        alert_id="a", revision=1, type=AlertType.RAISED, priority=50, terms=(), event=told, consignments=(consignment,), consignments_aboard=1,
        possible=(), consignments_possible=0,
        itinerary={}, is_linked=True, lead_time_h=None, explanation=NASTY + LONG, known_us=int(told.known_us),
    )  # fmt: skip


def summary() -> Summary:
    counts = Counter({NASTY: 1})
    store = {"replay": 1, "sources": [NASTY], "replaced": {"1": [NASTY]}, "beside": 2}
    return Summary(
        messages=counts, events=counts, alerts=counts, rejects=Counter({str(next(iter(RejectCause))): 1}), store=store
    )


WAYS: dict[str, Callable[[Terminal], None]] = {
    "alerts": lambda out: console.show_alerts(out, [alert()]),
    "summary": lambda out: console.show_summary(out, summary()),
    "settings": lambda out: console.show_settings(out, load_settings()),
    "cargo": lambda out: console.show_cargo(out, CargoBook()),
    "reference": lambda out: console.show_reference(out, [ImportReport("ports", NASTY, "0", 1, 0, NASTY)]),
    "bench": lambda out: console.show_bench(
        out, [BenchRow(name=NASTY, version=NASTY, peer=True, wall_rate=1.0, cpu_rate=1.0, ratios={})]
    ),
    "a sentence": lambda out: out.say(f"{NASTY}{LONG}"),
    "print": lambda out: out.print(NASTY),
    "an error": lambda out: out.say(str(InputError(NASTY, NASTY, NASTY))),
}


@pytest.mark.parametrize("width", [60, 160])
@pytest.mark.parametrize("way", sorted(WAYS))
def test_nothing_unseen_and_no_markup_reaches_the_terminal(way: str, width: int) -> None:
    out, file = terminal(width)
    WAYS[way](out)
    said = file.getvalue()
    assert said
    unseen = {sign for sign in said if sign != "\n" and unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert not unseen
    said.encode("utf-8")
    if way in ("a sentence", "print", "an error"):
        assert "[/B][red]x[/] :smile:" in said
    if way in ("alerts", "a sentence"):
        assert said.count("L") >= len(LONG)


def test_a_log_line_is_one_line_and_safe() -> None:
    stream = io.StringIO()
    log_to(stream).warning("trial", name=NASTY, source=NASTY)
    (line,) = stream.getvalue().splitlines()
    assert not {sign for sign in line if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp")}
    assert printable(line) == line or "\u0301" in line
