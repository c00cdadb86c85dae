"""JSON Schemas, AsyncAPI and the list of topics, made from the tables ``MESSAGES`` and ``TOPICS``. ``tracker.documents.pages`` writes them.

Schemas are JSON Schema 2020-12, ``docs/asyncapi.yaml`` is AsyncAPI 3.0 with the Kafka bindings 0.5.0. A schema is never more lenient than the
reader in ``tracker.topics.incoming``: what it allows is understood. Each has its ``$id``, so a validator that is given the files needs nothing else.

Schemas of alerts and events: ``tracker.documents.alerts``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from tracker.alerts.alert import AlertType
from tracker.decode.rejects import RejectCause
from tracker.documents.text import MADE_IN_JSON, json_schema
from tracker.schema import json_object
from tracker.topics.answers import ANSWER_FIELDS, RESULTS
from tracker.topics.incoming import MESSAGES, NOT_IN_TEXT, SEEN, TARGETS, MessageField
from tracker.topics.outgoing import TOPICS, Topic

_CRAFT: Final = "^(mmsi:[0-9]{9}|icao24:~?[0-9a-f]{6})$"


def flag_schema() -> str:
    """docs/schemas/flag.schema.json."""
    schema = _message("flag", "A message of the topic of flags.")
    schema["if"] = {"properties": {"action": {"const": "flag"}}}
    schema["then"] = {"required": ["target", "flag"]}
    schema["$defs"] = {
        "consignment": _message("consignment", "Consignments by their papers; all that is given must agree.")
        | {"anyOf": [{"required": ["document_number"]}, {"required": ["consignment_id"]}]},
        "party": _message("party", "A party, as consignor, consignee or to be notified.") | {"minProperties": 1},
    }
    return json_schema("flag", "Tidewaiter flag", schema)


def order_schema() -> str:
    """docs/schemas/order.schema.json."""
    return json_schema("order", "Tidewaiter order", _message("order", "A message of the topic of orders."))


def state_schema() -> str:
    """docs/schemas/state.schema.json."""
    return json_schema(
        "state",
        "Tidewaiter state of an alert",
        {
            "description": "The latest revision of an alert that is raised. A record without a value: it was closed or retracted.",
            "$ref": "alert-data.schema.json",
        },
    )


def answer_schema() -> str:
    """docs/schemas/answer.schema.json."""
    schema = json_object(ANSWER_FIELDS, "The answer to a flag or an order.")
    return json_schema("answer", "Tidewaiter answer", schema)


def answer_table() -> str:
    """The fields of an answer for docs/topics.md."""
    rows = [f"| `{item.name}` | {item.sentence} |\n" for item in ANSWER_FIELDS]
    return "| field | meaning |\n|---|---|\n" + "".join(rows)


def results_table() -> str:
    """What may become of a message, for docs/topics.md."""
    rows = [f"| `{result}` | {sentence} |\n" for result, sentence in RESULTS.items()]
    return "| result | meaning |\n|---|---|\n" + "".join(rows)


def dead_letter_schema() -> str:
    """docs/schemas/dead-letter.schema.json: the headers; the value is whatever bytes could not be read."""
    return json_schema("dead-letter", "Tidewaiter headers of a dead letter", _dead_letter_headers())


def asyncapi_page() -> str:
    """docs/asyncapi.yaml."""
    names = {setting: "".join(part.capitalize() for part in setting.split("_")) for setting in TOPICS}
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tidewaiter topics",
            "version": "1.0.0",
            "description": "Alerts out, flags, orders and papers in, answers to flags and orders out. Delivery is at least once; see topics.md.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "127.0.0.1:9092",
                "protocol": "kafka",
                "description": "The Kafka of deploy/compose.yaml; address, TLS and SASL are settings.",
            }
        },
        "channels": {setting: _channel(topic, names[setting]) for setting, topic in TOPICS.items()},
        "operations": {
            ("send" if topic.direction == "out" else "receive") + names[setting]: {
                "action": "send" if topic.direction == "out" else "receive",
                "channel": {"$ref": f"#/channels/{setting}"},
                "summary": topic.sentence,
                "messages": [{"$ref": f"#/channels/{setting}/messages/{names[setting]}"}],
            }
            for setting, topic in TOPICS.items()
        },
        "components": {
            "messages": {names[setting]: _components(topic, names[setting]) for setting, topic in TOPICS.items()}
        },
    }
    return f"# {MADE_IN_JSON}\n" + _yaml(document)


def topics_list() -> str:
    """deploy/topics.yaml: what an administrator creates where the program is not allowed to."""
    topics = [
        {
            "name": topic.name,
            "setting": topic.setting,
            "direction": topic.direction,
            "key": topic.key,
            "partitions": topic.partitions,
            "config": dict(topic.settings),
            "sentence": topic.sentence,
        }
        for topic in TOPICS.values()
    ]
    return f"# {MADE_IN_JSON}\n" + _yaml({"topics": topics})


def topics_table() -> str:
    """The table of docs/topics.md."""
    rows = [
        f"| `{topic.name}` | {topic.direction} | `{topic.key}` | {topic.partitions} | "
        f"{', '.join(f'`{name}={value}`' for name, value in topic.settings.items())} | {topic.sentence} |\n"
        for topic in TOPICS.values()
    ]
    return "| topic | direction | key | partitions | settings | what |\n|---|---|---|---|---|---|\n" + "".join(rows)


def message_table(record: str) -> str:
    """The fields of one record of ``MESSAGES`` for docs/topics.md."""
    rows = [f"| `{item.name}` | {'yes' if item.required else 'no'} | {item.sentence} |\n" for item in MESSAGES[record]]
    return "| field | needed | meaning |\n|---|---|---|\n" + "".join(rows)


def _message(record: str, sentence: str) -> dict[str, Any]:
    table = MESSAGES[record]
    schema: dict[str, Any] = {
        "type": "object",
        "description": sentence,
        "properties": {item.name: _field(item) for item in table},
        "additionalProperties": False,
    }
    required = [item.name for item in table if item.required]
    return schema | ({"required": required} if required else {})


def _field(item: MessageField) -> dict[str, Any]:
    def text(inside: str, needed: str) -> dict[str, Any]:
        # (?![\\s\\S]) and not $, which Python's expressions find before a last newline, too
        return {
            "type": "string",
            "maxLength": item.limit,
            "pattern": rf"^(?=[\s\S]*{needed})[{inside}]*(?![\s\S])",
        }

    shapes: dict[str, dict[str, Any]] = {
        "text": text(f"^{NOT_IN_TEXT}", r"\S"),
        "name": text(SEEN, r"\S"),
        "number": text(SEEN, "[A-Za-z0-9]"),
        "choice": {"type": "string", "enum": list(item.choices)},
        "severity": {"type": "number", "minimum": 0, "maximum": 1},
        "time": {"type": "string", "format": "date-time", "maxLength": item.limit},
        "craft": {
            "oneOf": [
                {"type": "string", "pattern": _CRAFT},
                {
                    "type": "object",
                    "properties": {"imo": {"type": "integer", "minimum": 1_000_000, "maximum": 9_999_999}},
                    "required": ["imo"],
                    "additionalProperties": False,
                },
            ]
        },
        "target": {
            "type": "object",
            "properties": {name: {"$ref": f"#/$defs/{name}"} for name in TARGETS},
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        },
    }
    return {"description": item.sentence, **shapes[item.kind]}


def _dead_letter_headers() -> dict[str, Any]:
    number = {"type": "string", "pattern": "^[0-9]+$"}
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "description": "Headers of a dead letter; its value is the bytes.",
        "properties": {
            "cause": {"type": "string", "description": "Why, in one word.", "enum": [str(c) for c in RejectCause]},
            "sentence": {**text, "description": "Why, in a sentence."},
            "origin_topic": {**text, "description": "Topic it came from."},
            "origin_partition": {**number, "description": "Its partition."},
            "origin_offset": {**number, "description": "Its offset."},
            "origin_last_offset": {
                **number,
                "description": "The last offset of a batch that could not be read; the value is the batch as it came.",
            },
            "origin_source": {**text, "description": "Source it came from, where that is no topic."},
            "origin_at": {**number, "description": "Line, from 1, of text; byte offset of a binary feed."},
            "cut_from_bytes": {**number, "description": "How many bytes there were, where only the first are kept."},
        },
        "required": ["cause", "sentence"],
        "oneOf": [
            {"required": ["origin_topic", "origin_partition", "origin_offset"]},
            {"required": ["origin_source", "origin_at"]},
        ],
        "additionalProperties": False,
    }


def _alert_headers() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    properties = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "Alert and revision: what is to be dropped when seen twice.", "pattern": r"^[0-9a-f]{24}\.[0-9]+$"},
        "ce_source": {**text, "description": "The installation that speaks."},
        "ce_type": {"type": "string", "enum": [f"tidewaiter.alert.{kind}" for kind in AlertType]},
        "ce_subject": {**text, "description": "The craft."},
        "ce_time": {"type": "string", "format": "date-time", "description": "Event time at which this revision was known."},
        "content-type": {"const": "application/json"},
    }  # fmt: skip
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _answer_headers() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    properties = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "answer_id: what is to be dropped when seen twice.", "pattern": "^[0-9a-f]{24}$"},
        "ce_source": {**text, "description": "The installation that speaks."},
        "ce_type": {"type": "string", "enum": [f"tidewaiter.answer.{result}" for result in RESULTS]},
        "ce_subject": {**text, "description": "The flag_id or order_id; where the message could not be read, where it stood."},
        "ce_time": {"type": "string", "format": "date-time", "description": "When the message was received."},
        "content-type": {"const": "application/json"},
        "correlation_id": {**text, "description": "As in the message, where it had one."},
    }  # fmt: skip
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name != "correlation_id"],
        "additionalProperties": False,
    }


def _channel(topic: Topic, message: str) -> dict[str, Any]:
    settings = {
        name: value.split(",") if name == "cleanup.policy" else int(value) for name, value in topic.settings.items()
    }
    return {
        "address": topic.name,
        "description": topic.sentence,
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": settings,
                "bindingVersion": "0.5.0",
            }
        },
    }


def _components(topic: Topic, name: str) -> dict[str, Any]:
    is_dead = topic.setting == "dead_letters"
    headers: dict[str, Any] = {}
    if topic.setting in ("alerts", "state"):
        headers = {"headers": _alert_headers()}
    elif topic.setting == "answers":
        headers = {"headers": _answer_headers()}
    elif topic.setting == "papers":
        headers = {
            "headers": {
                "type": "object",
                "properties": {
                    "content-type": {
                        "type": "string",
                        "description": "Media type of a value that is no JSON of ours; the content decides.",
                    }
                },
            }
        }
    elif is_dead:
        headers = {"headers": {"$ref": f"schemas/{topic.schema}"}}
    return {
        "name": name,
        "summary": topic.sentence,
        "contentType": "application/octet-stream" if is_dead else "application/json",
        **headers,
        "payload": {"description": "The bytes."} if is_dead else _payload(topic),
        "bindings": {
            "kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": "0.5.0"},
        },
    }


def _payload(topic: Topic) -> dict[str, Any]:
    return {
        "schemaFormat": "application/schema+json;version=draft-2020-12",
        "schema": {"$ref": f"schemas/{topic.schema}"},
    }


def _yaml(value: Any, indent: int = 0) -> str:
    """YAML of plain values: blocks of maps and lists, scalars as JSON (which is YAML)."""
    pad = "  " * indent
    if isinstance(value, Mapping):
        lines = (
            f"{pad}{_key(key)}:\n{_yaml(item, indent + 1)}"
            if isinstance(item, (Mapping, list)) and item
            else f"{pad}{_key(key)}: {json.dumps(item, ensure_ascii=False)}\n"
            for key, item in value.items()
        )
        return "".join(lines)
    lines = (
        f"{pad}- {_yaml(item, indent + 1).lstrip()}"
        if isinstance(item, Mapping)
        else f"{pad}- {json.dumps(item, ensure_ascii=False)}\n"
        for item in value
    )
    return "".join(lines)


def _key(key: str) -> str:
    return key if key.replace("_", "").replace(".", "").replace("-", "").isalnum() else json.dumps(key)


PAGES: Final = {
    "schemas/flag.schema.json": flag_schema,
    "schemas/order.schema.json": order_schema,
    "schemas/state.schema.json": state_schema,
    "schemas/answer.schema.json": answer_schema,
    "schemas/dead-letter.schema.json": dead_letter_schema,
    "asyncapi.yaml": asyncapi_page,
    "../deploy/topics.yaml": topics_list,
}
