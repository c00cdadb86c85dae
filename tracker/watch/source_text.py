"""A source as it is written on the command line: ``NAME=ADDRESS``, with settings of the source behind a question mark.

::

    seine=tcp://192.0.2.7:10110
    roof=tcp-listen://127.0.0.1:30004?format=beast&feed=roofs
    air=udp://127.0.0.1:30005
    gate=kafka://ais.raw,adsb.raw?start_at=latest
    tape=/var/log/ais.nmea                    # a path: all of it, a question mark too
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from typing import Any, Final
from urllib.parse import parse_qsl

from tracker.config.watch import SourceConfig, check_source_name, meant_setting
from tracker.errors import SettingError
from tracker.nearest import meant

_KINDS: Final = {"tcp://": "tcp", "tcp-listen://": "tcp_server", "udp://": "udp", "kafka://": "kafka"}
_IN_ADDRESS: Final = ("kind", "address", "path", "topics")
_HOW: Final = "write NAME=tcp://host:port, udp://, tcp-listen://, kafka://topic or a path; settings follow a question mark: ?format=beast"


def source_of(text: str) -> tuple[str, SourceConfig]:
    """A source of the command line.

    Raises
    ------
    SettingError
        where it is none.
    """
    name, equals, address = text.partition("=")
    if not equals or not name or not address:
        raise SettingError(f"{text!r} is no source", "--source", _HOW)
    where = f"--source {name}"
    try:
        check_source_name(name)
        for prefix, kind in _KINDS.items():
            if address.startswith(prefix):
                place, _, query = address.removeprefix(prefix).partition("?")
                return name, _made(kind, place.rstrip("/"), _settings(query, where))
        scheme, is_address, _ = address.partition("://")
        if is_address and scheme.isascii() and scheme.replace("-", "").isalpha():
            wrong = f"{scheme}:// is no kind of source"
            raise SettingError(wrong, where, f"{meant(f'{scheme}://', _KINDS, 'there are')}; or a path")
        return name, SourceConfig(kind="file", path=os.path.expanduser(address))
    except SettingError:
        raise
    except ValueError as exc:
        raise SettingError(str(exc), where, _HOW) from exc


def _made(kind: str, place: str, settings: dict[str, Any]) -> SourceConfig:
    if kind == "kafka":
        return SourceConfig(kind=kind, topics=tuple(place.split(",")), **settings)
    return SourceConfig(kind=kind, address=place, **settings)


def _settings(query: str, where: str) -> dict[str, Any]:
    """Settings of a query, each of the type of its default."""
    defaults = {item.name: item.default for item in dataclasses.fields(SourceConfig) if item.name not in _IN_ADDRESS}
    found: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
        if name not in defaults:
            raise SettingError(f"a source has no setting {name!r}", where, meant_setting(name, defaults))
        found[name] = _value(text, defaults[name], where, name)
    return found


def _value(text: str, default: Any, where: str, name: str) -> Any:
    if isinstance(default, str):
        return text
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = None
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(default):
        raise SettingError(f"{name} = {text!r} should be like {str(default).lower()}", where, "correct it")
    return value
