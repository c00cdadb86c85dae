"""Trouble by symptom: what a person sees, why it may be, what to do. docs/trouble.md is made from this table and that of the log's events.

``signs`` are words by which a symptom is found: events of the log, and how reasons of ``/readyz`` begin. A test holds them against the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tracker.operations.log_events import LOG_EVENTS


@dataclass(frozen=True, slots=True)
class Symptom:
    """One line of the page."""

    seen: str
    why: str
    mend: str
    signs: tuple[str, ...] = ()


CHAPTERS: Final[dict[str, tuple[Symptom, ...]]] = {
    "It does not start": (
        Symptom("`another process has this store open`", "One program has a store at a time.",
                "Ask the running one: `tidewaiter status --db FILE`, `tidewaiter query --db FILE`. Or stop it first."),
        Symptom("`cannot be served` or `cannot listen`", "The port is taken, by another watch for instance.",
                "`tidewaiter check --config FILE` names it. Choose another `[watch] http_address` or source address, or end who has it."),
        Symptom("`has layout 7, this program knows 6`", "A newer program wrote the store.", "Run that one, or restore a backup of before."),
        Symptom("`is no setting`, `is not a section`, `has no setting`", "A word in the settings is wrong.",
                "The sentence names the nearest right one; `tidewaiter check --settings` lists all."),
        Symptom("The first start takes minutes", "Kernels are compiled, once; under systemd at every start if their folder may not be written.",
                "Wait; give `NUMBA_CACHE_DIR` a folder that stays (deploy/systemd, deploy/Dockerfile do).", ("warming", "the program is")),
    ),
    "It runs and is not ready": (
        Symptom("`catching up with ...`", "After a restart what came in since the last snapshot is read again.",
                "Wait: ten minutes of feed take about one. It is told how far it is.", ("catching up with", "bytes_lost")),
        Symptom("`the detectors are driven over the rows of the store`", "No snapshot could be read: another version wrote it, or it is damaged.",
                "Wait: it takes as long as a replay of the rows kept. Nothing is lost, but for a message that was cut in two where `decoders_lost` says so.", ("the detectors are driven", "driven_anew", "driving_anew", "decoders_lost")),
        Symptom("`the store is away`", "The store cannot be written or read: disk full, read-only, or away.",
                "`df`, `dmesg`; make room. It is tried again by itself; nothing that came over sockets is lost while the journal has room.",
                ("the store is away", "store_away")),
        Symptom("`no snapshot can be written`", "The folder of the store's state is full, read-only or away; the next start reads again all that came since the snapshot before.",
                "`df`, `ls -ld STORE.state`; make room or mend the permissions. It is tried again by itself.", ("no snapshot can be written", "snapshot_failed")),
        Symptom("`source NAME is starting` or `closed`", "It was never connected, or has ended: another program reads its topic as the same instance.",
                "`tidewaiter check --config FILE` tries it. Give each program its own `[kafka] instance`.", ("source NAME is",)),
        Symptom("`source NAME: ...` with a word about its journal", "What was received cannot be kept, and so is not taken in: the disk is full.",
                "Make room, or lower `[watch] journal_gb` and `journal_keep_h`. What waits at the sender comes then.", ("source NAME:", "journal_trouble")),
        Symptom(
            "`memory for craft is short`",
            "More craft are heard than may be remembered: a source invents them, or the sea is larger than planned.",
            "`tidewaiter status` shows which source; close it, or raise `[memory] most_craft` where there is memory for it. Craft with papers or alerts are forgotten last.",
            ("memory for craft is short",),
        ),
        Symptom("`papers are not read from their topic: ...`", "The topic of papers cannot be read: the broker, the rights, the name.",
                "`tidewaiter check` tries the broker; `tidewaiter papers add` and the folder work without one.", ("papers are not read from their topic",)),
        Symptom("`papers are not read from their folder: ...`", "The folder `[papers] inbox` is gone, may not be read, or what was read cannot be moved out of it.",
                "The reason stands behind it: make the folder anew, or mend its rights. Files stay where they are and are tried again.",
                ("papers are not read from their folder", "inbox_trouble")),
        Symptom(
            "`flags and orders are not read`",
            "Their topics cannot be read: the broker, the rights, the names.",
            "`tidewaiter check` tries the broker; `tidewaiter flag` and `track` work without one.",
            ("flags and orders are not read",),
        ),
        Symptom(
            "`messages cannot be sent`",
            "Kafka does not answer.",
            "They wait in the store and go out in order when it is back.",
            ("messages cannot be sent",),
        ),
    ),
    "It runs and nothing comes": (
        Symptom("A source is `waiting`, `source_lost`", "The receiver is off, the address wrong, the way closed.",
                "`tidewaiter check --config FILE` connects and says what it hears. It is tried again until it is back.", ("source_lost", "source_refuses")),
        Symptom("Connected, and no positions", "The bytes are no format that is read, or have no times that can be believed.",
                "`SELECT cause, count, sample FROM rejects`; name the format in the source (`format = \"beast\"`).", ("quarantined",)),
        Symptom("Positions, and no alerts", "Nothing happened: most hours of most seas have none. Events that concern no craft with papers rank low.",
                "`SELECT kind, cause, count(*) FROM events GROUP BY ALL` shows what was found; silences with a cause other than `silent_in_coverage` are no alerts."),
        Symptom("`clock_offset`: a source is ahead or behind", "Its clock is off, or it plays the past.",
                "Set that clock right (NTP), or write `clock_offset_s` as told, or `zone_offset_h` for times without a zone. A recording that is played is behind; that is no fault.",
                ("clock_offset",)),
        Symptom("`unit_doubtful`, or speeds that cannot be", "A column is in another unit than its name says.",
                "`said` names the column, the factor and what to write. Look at a recording of the feed with `tidewaiter inspect`.", ("unit_doubtful",)),
        Symptom("`clock_wrong`, `clock_jump`, `clock_set_back`", "The clock of this machine is off, or was.",
                "`timedatectl`: let NTP keep it. What was judged of times to come is taken back by itself.", ("clock_wrong", "clock_jump", "clock_set_back")),
        Symptom("`feed_outage` again and again", "The feed is thin, or several receivers are one source.",
                "Give each receiver a source of its own, and those of one network one `feed`."),
    ),
    "Alerts are late or do not arrive": (
        Symptom("`broker_away`", "Kafka does not answer.", "Alerts wait in the store and go out in order when it is back; a file of alerts gets them meanwhile; `tidewaiter check` says what is wrong with it.", ("broker_away",)),
        Symptom("`slow` with `part` read, judge, commit or snapshot", "The machine is busy.", "A core of its own for the program; fewer sources; see `tidewaiter_*_seconds` at /metrics.", ("slow",)),
        Symptom("`slow` with `part` disk", "The disk takes seconds for a transaction.", "Another disk for the store than for the journals, or none that others share."),
        Symptom("Hours late, all at once", "A pass of a satellite or a line that was down brought late rows; what they change is judged again.", "Nothing. `waits = false` for a feed that is always late."),
        Symptom("An alert was retracted", "Late rows showed that it was none. `closed` is another word: the event is over.", "Nothing; the dossier keeps both."),
    ),
    "The disk fills": (
        Symptom("FILE.state/journal grows", "Raw bytes are kept as evidence.", "`[watch] journal_keep_h`, `journal_gb`."),
        Symptom("FILE grows", "Rows are kept for ever unless told otherwise.", "`[watch] keep_d`: rows of closed days older than that are deleted, each deletion with its proof in the view `deletions`."),
    ),
    "It ended": (
        Symptom("`stop_forced` and exit code 1", "Something hung longer than `[watch] stop_s` at the end, usually a disk or a broker.",
                "Nothing is lost: what was not durable is read again.", ("stop_forced",)),
        Symptom("`alerts_mended` at the start", "The last line of the alerts' file was torn by a kill or a full disk.", "Nothing: it is whole again.", ("alerts_mended",)),
        Symptom("A store that is damaged", "The disk lied, or a file was copied while it was written.", "`tidewaiter restore` of the last backup; the journals bring back what came since."),
    ),
}  # fmt: skip


def symptoms() -> Iterator[Symptom]:
    """All of them."""
    for chapter in CHAPTERS.values():
        yield from chapter


def trouble_page(made: str) -> str:
    """docs/trouble.md."""
    parts = [
        "# Trouble, by what you see\n\n", made,
        "First: `tidewaiter status --db FILE` says how the program is, `tidewaiter check --config FILE --db FILE` tries everything that the settings name, "
        "`curl 127.0.0.1:8077/readyz` gives the reasons why it is not ready. The log on stderr has one JSON object a line; `event` is its name.\n",
    ]  # fmt: skip
    for title, chapter in CHAPTERS.items():
        parts.append(f"\n## {title}\n\n| what you see | why | what to do |\n|---|---|---|\n")
        parts += [f"| {one.seen} | {one.why} | {one.mend} |\n" for one in chapter]
    parts.append("\n## Every warning of the log\n\n| event | what it means |\n|---|---|\n")
    warnings = ((name, meaning) for name, (level, meaning) in LOG_EVENTS.items() if level == "warning")
    parts += ["| `{}` | {} |\n".format(name, meaning.replace("|", r"\|")) for name, meaning in warnings]
    return "".join(parts)
