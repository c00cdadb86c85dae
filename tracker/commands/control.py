"""``tidewaiter flag``, ``unflag``, ``track`` and ``untrack``: what a risk engine says over topics, said by a person, with the same answer.

A program that has the store is asked at its door; without ``--db``, or where no program has it, the topics of ``[kafka]`` are used.
"""

from __future__ import annotations

import getpass
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tracker.errors import InputError
from tracker.terminal import err, out

_WAIT_S: Final = 15.0
"""A running program answers within a second; one that is catching up or starts takes longer, and answers then."""

DbOption = Annotated[Path | None, typer.Option("--db", help="Store of the running program.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="TOML file of settings; its \\[kafka] is used where no program has the store."),
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who says so. Default: the name you are logged in with.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="The answer as a line of JSON on stdout (docs/schemas/answer.schema.json).")
]
WaitOption = Annotated[
    float, typer.Option("--wait", help="Seconds to wait for the answer over topics.", min=0.0, max=600.0)
]
DocumentOption = Annotated[str | None, typer.Option("--document", help="Number of the bill of lading or air waybill.")]
ConsignmentOption = Annotated[
    str | None, typer.Option("--consignment", help="Id of the consignment within its manifest.")
]
ManifestOption = Annotated[str | None, typer.Option("--manifest", help="Manifest, where the others are not enough.")]
PartyOption = Annotated[
    str | None, typer.Option("--party", help="Whole name of a party, wherever it stands on the papers.")
]
PartyIdOption = Annotated[str | None, typer.Option("--party-id", help="Registered number of a party.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("flag")(flag_command)
    app.command("unflag")(unflag_command)
    app.command("track")(track_command)
    app.command("untrack")(untrack_command)


def flag_command(
    flag: Annotated[str, typer.Argument(help="Short name of the risk.")],
    document: DocumentOption = None,
    consignment: ConsignmentOption = None,
    manifest: ManifestOption = None,
    party: PartyOption = None,
    party_id: PartyIdOption = None,
    severity: Annotated[float, typer.Option("--severity", help="How grave, 0 to 1.")] = 0.5,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; officers read it in the alert.")] = None,
    flag_id: Annotated[
        str | None, typer.Option("--id", help="Names the flag for ever. Default: made up, and told.")
    ] = None,
    db: DbOption = None,
    config: ConfigOption = None,
    by: ByOption = None,
    wait: WaitOption = _WAIT_S,
    as_json: JsonOption = False,
) -> None:
    """Flag a consignment, or a party wherever it appears: alerts on craft that carry it rank higher. Tells what it matches."""
    said = {
        "flag_id": flag_id or f"cli-{uuid.uuid4().hex[:12]}",
        "action": "flag",
        "flag": flag,
        "severity": severity,
        "target": _target(document, consignment, manifest, party, party_id),
        "reason": reason,
    }
    if said["target"] is None:
        raise InputError("names nothing to flag", "flag", "give --document, --consignment, --party or --party-id")
    _say("flag", said, by, db, config, wait, as_json=as_json)


def unflag_command(
    flag_id: Annotated[str | None, typer.Argument(help="Id of the flag, as flag told it.")] = None,
    document: DocumentOption = None,
    consignment: ConsignmentOption = None,
    manifest: ManifestOption = None,
    party: PartyOption = None,
    party_id: PartyIdOption = None,
    flag: Annotated[
        str | None, typer.Option("--flag", help="Only flags of this name, where a target is named. Default: all.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.")] = None,
    db: DbOption = None,
    config: ConfigOption = None,
    by: ByOption = None,
    wait: WaitOption = _WAIT_S,
    as_json: JsonOption = False,
) -> None:
    """Take a flag off by its id, or lift all flags of a consignment or party so far, those on the papers too."""
    target = _target(document, consignment, manifest, party, party_id)
    if flag_id is None and target is None:
        raise InputError("names nothing to clear", "unflag", "give the id of the flag, or a target as of flag")
    said = {
        "flag_id": flag_id or f"cli-{uuid.uuid4().hex[:12]}",
        "action": "clear",
        "target": target,
        "flag": flag,
        "reason": reason,
    }
    _say("flag", said, by, db, config, wait, as_json=as_json)


def track_command(
    craft: Annotated[str, typer.Argument(help="mmsi:219001234, icao24:4b1812 or imo:9074729.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in every alert on the craft.")],
    order_id: Annotated[str | None, typer.Option("--id", help="Names the order. Default: made up.")] = None,
    db: DbOption = None,
    config: ConfigOption = None,
    by: ByOption = None,
    wait: WaitOption = _WAIT_S,
    as_json: JsonOption = False,
) -> None:
    """Track a craft: whatever it does is put before an officer, cargo known aboard or not, until untrack."""
    said = {
        "order_id": order_id or f"cli-{uuid.uuid4().hex[:12]}",
        "action": "start",
        "craft": _craft(craft),
        "reason": reason,
    }
    _say("order", said, by, db, config, wait, as_json=as_json)


def untrack_command(
    craft: Annotated[str, typer.Argument(help="As in track.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "no longer needed",
    db: DbOption = None,
    config: ConfigOption = None,
    by: ByOption = None,
    wait: WaitOption = _WAIT_S,
    as_json: JsonOption = False,
) -> None:
    """Stop tracking a craft: it is told of again only where cargo or the event itself asks for it."""
    said = {"order_id": f"cli-{uuid.uuid4().hex[:12]}", "action": "stop", "craft": _craft(craft), "reason": reason}
    _say("order", said, by, db, config, wait, as_json=as_json)


def _target(
    document: str | None, consignment: str | None, manifest: str | None, party: str | None, party_id: str | None
) -> dict[str, Any] | None:
    goods = _given({"document_number": document, "consignment_id": consignment, "manifest_id": manifest})
    who = _given({"name": party, "id": party_id})
    if goods and who:
        raise InputError("names a consignment and a party", "the target", "flag one at a time")
    return {"consignment": goods} if goods else {"party": who} if who else None


def _craft(text: str) -> str | dict[str, int]:
    number = text.removeprefix("imo:")
    if number != text:
        if not number.isascii() or not number.isdigit():
            raise InputError(f"{text!r} is no IMO number", "the craft", "write imo: and seven digits")
        return {"imo": int(number)}
    return text


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _say(
    kind: str,
    said: Mapping[str, Any],
    by: str | None,
    db: Path | None,
    config: Path | None,
    wait_s: float,
    *,
    as_json: bool,
) -> None:
    """Hand a message over, and show the answer. Exit code 2 where it is refused, 3 where no answer came in time."""
    from streams.time import SystemClock
    from tracker.printable import json_text
    from tracker.topics.incoming import Reject, read_flag, read_order
    from tracker.units import iso_time

    now = iso_time(SystemClock().now_us())
    message = _given({**said, "by": by or _login(), "time": now, "correlation_id": uuid.uuid4().hex})
    content = json.dumps(message).encode()
    checked = read_flag(content) if kind == "flag" else read_order(content)
    if isinstance(checked, Reject):
        raise InputError(checked.sentence, kind, "correct it; nothing was sent")
    door = None if db is None else _door_of(db)
    answer = (
        door.command(kind, message)[0] if door is not None else _over_topics(kind, message, content, db, config, wait_s)
    )
    name = said.get("flag_id") or said["order_id"]
    if answer is None:
        raise typer.Exit(_late(str(name), wait_s))
    if as_json:
        out.file.write(json_text(answer) + "\n")
    else:
        out.print(str(answer["sentence"]), soft_wrap=True)
        for warning in answer["warnings"]:
            out.print(str(warning), soft_wrap=True)
        for item in answer["consignments"]:
            told = f"  {item['document_number']} ({item['manifest_id']}, {item['consignment_id']})"
            out.print(told, soft_wrap=True)
        for craft in answer["crafts"]:
            out.print(f"  {craft}")
    if answer["result"] == "refused":
        raise typer.Exit(2)


def _door_of(store: Path) -> Any:
    """The door of the program that has a store (``tracker.door.client.Door``); None where none has it."""
    from tracker.door.client import Door

    return Door.of_store(store)


def _over_topics(
    kind: str, message: Mapping[str, Any], content: bytes, db: Path | None, config: Path | None, wait_s: float
) -> Mapping[str, Any] | None:
    """Through the broker of the settings; None where no answer came in time."""
    from tracker.settings import load_settings
    from tracker.watch.sources import kafka_config

    broker = load_settings(config, None, os.environ)["kafka"]
    kafka = kafka_config(broker)
    if kafka is None:
        where = "no store is named" if db is None else f"no program has {db} open"
        raise InputError(
            f"{where}, and [kafka] names no broker",
            kind,
            "give --db of a running watch, or --config with [kafka] bootstrap",
        )
    from streams.errors import RecordRefusedError, SinkAwayError
    from streams.kafka_asking import ask_over_topics
    from streams.kafka_config import OutRecord

    topic, key = (broker.flags, message["flag_id"]) if kind == "flag" else (broker.orders, message["order_id"])
    try:
        record = OutRecord(topic, key.encode(), content)
        return ask_over_topics(kafka, record, broker.answers, str(message["correlation_id"]), wait_s)
    except (SinkAwayError, RecordRefusedError) as exc:
        raise InputError(str(exc), kind, "see whether the broker is there, and try again") from exc


def _late(name: str, wait_s: float) -> int:
    err.print(
        f"{name} was sent; no program answered within {wait_s:g} s. It takes effect when one reads it, and the answer goes to the topic of answers.",
        soft_wrap=True,
    )  # fmt: skip
    return 3


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"
