"""Settings: one TOML file over one table of sections; every threshold with its default, meaning and origin.

::

    profile = "customs"            # customs (ours, the default), gfw (Global Fishing Watch's open definitions), or your own

    [replay]
    lateness_s = 3600.0

    [loitering]                    # changes one threshold for every profile
    min_duration_h = 3.0

    [profiles.strait.encounter]    # a profile of your own: named sections inside it
    near_km = 0.3

    [sources.seine]                # for the live program: any number, each under a name of its own
    kind = "tcp"
    address = "192.0.2.7:10110"

Every setting may also stand in the environment, which has the last word: ``TIDEWAITER_LOITERING_MIN_DURATION_H=3``,
``TIDEWAITER_SOURCES_SEINE_ADDRESS=192.0.2.8:10110``; values are written as in TOML, texts without quotes.

``tidewaiter check --settings`` lists them all; docs/settings.md is made from the same table.
"""

from __future__ import annotations

import codecs
import dataclasses
import math
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from streams.errors import StreamError
from streams.files import read_whole
from tracker.alerts.config import AlertConfig
from tracker.cargo.limits import CargoConfig
from tracker.config.grids import GridConfig
from tracker.config.papers import PapersConfig
from tracker.config.replay import ReplayConfig
from tracker.config.room import RoomConfig
from tracker.config.watch import BrokerConfig, SourceConfig, WatchConfig, check_source_name, meant_setting
from tracker.detectors import DETECTORS
from tracker.errors import InputError, SettingError
from tracker.nearest import meant
from tracker.tracks.builder import TrackConfig
from tracker.tracks.register import RegisterConfig
from tracker.voyages.port_calls import PortCallConfig

_NO_SIGNS: Final = str.maketrans("-.", "__")
"""Signs of a source's name that no variable of the environment may have."""
_MOST_BYTES: Final = 10_000_000
"""Of a settings file."""
_PREFIX: Final = "TIDEWAITER_"

SECTIONS: Final[Mapping[str, type]] = MappingProxyType(
    {
        "replay": ReplayConfig,
        "memory": RegisterConfig,
        "grids": GridConfig,
        "cargo": CargoConfig,
        "papers": PapersConfig,
        "tracks": TrackConfig,
        "port_calls": PortCallConfig,
        **{entry.name: entry.config for entry in DETECTORS},
        "alerts": AlertConfig,
        "watch": WatchConfig,
        "kafka": BrokerConfig,
        "room": RoomConfig,
    }
)
"""Section of the TOML file -> the frozen configuration it fills."""


def _changes(config: Any) -> dict[str, Any]:
    """Thresholds of a configuration that differ from the defaults."""
    plain = type(config)()
    return {
        name: getattr(config, name) for name in _settable(type(config)) if getattr(config, name) != getattr(plain, name)
    }


def _settable(kind: type) -> dict[str, Any]:
    """Fields a person may set (those made by ``threshold``) and their defaults."""
    return {item.name: item.default for item in dataclasses.fields(kind) if "sentence" in item.metadata}


PROFILES: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = MappingProxyType(
    {"customs": {}, "gfw": {entry.name: _changes(entry.gfw) for entry in DETECTORS if entry.gfw is not None}}
)
"""Profile -> section -> thresholds that differ from the defaults."""


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as a person sees it."""

    section: str
    name: str
    default: Any
    sentence: str
    origin: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All configurations of one run. Sections of detectors by their names: ``settings["loitering"]``."""

    profile: str
    configs: Mapping[str, Any]
    """By section; those that are not a detector's have a property below, with their type."""
    sources: Mapping[str, SourceConfig] = dataclasses.field(default_factory=dict)
    """Sources of the live program by name."""

    def __getitem__(self, section: str) -> Any:
        return self.configs[section]

    def with_sources(self, sources: Mapping[str, SourceConfig]) -> Settings:
        """The same with further sources; one of the same name takes its place."""
        return dataclasses.replace(self, sources=MappingProxyType({**self.sources, **sources}))

    def with_cargo_mappings(self, paths: Sequence[str]) -> Settings:
        """The same with further mapping files of cargo tables."""
        cargo = dataclasses.replace(self.cargo, mappings=(*self.cargo.mappings, *paths))
        return dataclasses.replace(self, configs=MappingProxyType({**self.configs, "cargo": cargo}))

    @property
    def replay(self) -> ReplayConfig:
        """How recorded inputs are read."""
        config: ReplayConfig = self["replay"]
        return config

    @property
    def memory(self) -> RegisterConfig:
        """How many craft are followed."""
        config: RegisterConfig = self["memory"]
        return config

    @property
    def grids(self) -> GridConfig:
        """Where cells begin."""
        config: GridConfig = self["grids"]
        return config

    @property
    def cargo(self) -> CargoConfig:
        """How papers are read."""
        config: CargoConfig = self["cargo"]
        return config

    @property
    def papers(self) -> PapersConfig:
        """Where papers come in while the program runs."""
        config: PapersConfig = self["papers"]
        return config

    @property
    def tracks(self) -> TrackConfig:
        """How rows become tracks."""
        config: TrackConfig = self["tracks"]
        return config

    @property
    def port_calls(self) -> PortCallConfig:
        """What is a port call."""
        config: PortCallConfig = self["port_calls"]
        return config

    @property
    def alerts(self) -> AlertConfig:
        """Which events are put before a person, and in which order."""
        config: AlertConfig = self["alerts"]
        return config

    @property
    def watch(self) -> WatchConfig:
        """How the live program works."""
        config: WatchConfig = self["watch"]
        return config

    @property
    def room(self) -> RoomConfig:
        """The room."""
        config: RoomConfig = self["room"]
        return config

    @property
    def kafka(self) -> BrokerConfig:
        """The broker of the live program."""
        config: BrokerConfig = self["kafka"]
        return config


def load_settings(
    path: Path | None = None, profile: str | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Settings from a TOML file and the environment, or the defaults.

    Raises
    ------
    SettingError
        naming the file, the section and the setting, and what may stand there.
    """
    given = _read(path)
    where = str(path) if path else "settings"
    own = _table(given.pop("profiles", {}), where, "profiles")
    sources = {
        name: dict(_table(one, where, f"sources.{name}"))
        for name, one in _table(given.pop("sources", {}), where, "sources").items()
    }
    for section, values in _from_environment(environment or {}, sources).items():
        given[section] = {**_table(given.get(section, {}), where, section), **values}
    chosen = profile or given.pop("profile", "customs")
    given.pop("profile", None)
    for name, sections in own.items():
        for section in _table(sections, where, f"profiles.{name}"):
            if section not in SECTIONS:
                raise SettingError(
                    f"[profiles.{name}.{section}] is of no section", where, meant(section, SECTIONS, "the sections are")
                )
    known = {**PROFILES, **own}
    if chosen not in known:
        raise SettingError(
            f"profile {chosen!r} is not known", where, meant(str(chosen), sorted(known), "the profiles are")
        )
    for section in given:
        if section not in SECTIONS:
            raise SettingError(
                f"[{section}] is not a section", where, meant(section, (*SECTIONS, "sources.NAME"), "the sections are")
            )
    configs = {}
    for section, kind in SECTIONS.items():
        values = dict(_table(known[chosen], where, chosen).get(section, {}))
        values.update(_table(given.get(section, {}), where, section))
        configs[section] = _fill(kind, values, where, section)
    for name in sources:
        try:
            check_source_name(name)
        except ValueError as exc:
            raise SettingError(str(exc), where, "rename the section") from exc
    made = {name: _fill(SourceConfig, values, where, f"sources.{name}") for name, values in sources.items()}
    return Settings(str(chosen), MappingProxyType(configs), MappingProxyType(made))


def setting_rows() -> Iterator[SettingRow]:
    """Every setting with its default, in the order of the sections."""
    for section, kind in {**SECTIONS, "sources.NAME": SourceConfig}.items():
        defaults = _settable(kind)
        for item in dataclasses.fields(kind):
            if item.name in defaults:
                yield SettingRow(
                    section, item.name, defaults[item.name], item.metadata["sentence"], item.metadata["origin"]
                )


def _from_environment(environment: Mapping[str, str], sources: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Values of the environment by section; those of sources are entered there.

    Raises
    ------
    SettingError
        for a name that begins as ours do and is none.
    """
    known = {
        f"{section}_{name}".upper(): (section, name, default)
        for section, kind in SECTIONS.items()
        for name, default in _settable(kind).items()
    }
    found: dict[str, dict[str, Any]] = {}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(_PREFIX) or variable == "TIDEWAITER_KAFKA_CACHE":  # of deploy/kafka
            continue
        rest = variable.removeprefix(_PREFIX)
        if rest in known:
            section, name, default = known[rest]
            found.setdefault(section, {})[name] = _parsed(text, default)
            continue
        for source, values in sources.items():
            for name, default in _settable(SourceConfig).items():
                if rest == f"SOURCES_{source}_{name}".upper().translate(_NO_SIGNS):
                    values[name] = _parsed(text, default)
                    break
            else:
                continue
            break
        else:
            if not rest.startswith(tuple(f"{section}_".upper() for section in (*SECTIONS, "sources"))):
                continue  # of the scripts, or of something else
            every = [_PREFIX + name for name in known]
            every += [f"{_PREFIX}SOURCES_{one}_{name}".upper() for one in sources for name in _settable(SourceConfig)]
            see = f"{meant(variable, every, '')} 'tidewaiter check --settings' lists all".strip()
            raise SettingError("is no setting", variable, f"{see}; or unset it")
    return found


def _parsed(text: str, default: Any) -> Any:
    """A value as in TOML; a text needs no quotes."""
    if isinstance(default, str):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _read(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(_text(read_whole(path, _MOST_BYTES)))
    except FileNotFoundError as exc:
        raise SettingError("there is no such file", str(path), "check the path given to --config") from exc
    except IsADirectoryError as exc:
        raise SettingError("is a folder", str(path), "name the file in it") from exc
    except PermissionError as exc:
        raise SettingError("may not be read", str(path), "give this user the right to read it") from exc
    except UnicodeDecodeError as exc:
        line = bytes(exc.object[: exc.start]).count(b"\n") + 1
        raise SettingError(f"is not {exc.encoding.upper()} in line {line}", str(path), "save it as UTF-8") from exc
    except (tomllib.TOMLDecodeError, OSError, StreamError, RecursionError) as exc:
        raise SettingError(f"is not TOML ({exc})", str(path), "correct the line named") from exc


def _text(content: bytes) -> str:
    """TOML is UTF-8; editors of Windows put a mark before it, or write UTF-16, which always has one."""
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_wide else "utf-8-sig")


def _table(value: Any, where: str, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingError(f"{name} must be a section", where, f"write [{name}] and settings below it")
    return value


def _fill(kind: type, values: Mapping[str, Any], where: str, section: str) -> Any:
    defaults = _settable(kind)
    clean = {}
    for name, value in values.items():
        if name not in defaults:
            raise SettingError(f"[{section}] has no setting {name!r}", where, meant_setting(name, defaults))
        clean[name] = _cast(value, defaults[name], where, f"[{section}] {name}")
    try:
        return kind(**clean)
    except InputError as exc:
        raise SettingError(f"[{section}] {exc.what}", where, exc.mend) from exc
    except (ValueError, TypeError) as exc:
        said = str(exc).removeprefix(f"{kind.__name__}.")
        raise SettingError(f"[{section}] {said}", where, "correct it") from exc


def _cast(value: Any, default: Any, where: str, name: str) -> Any:
    if isinstance(default, bool):
        fits = isinstance(value, bool)
    elif isinstance(default, int):
        fits = isinstance(value, int) and not isinstance(value, bool)
    elif isinstance(default, float):
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        if fits and abs(value) > sys.float_info.max:  # an integer of TOML may be longer than any float
            value = math.inf
        value = float(value) if fits else value
    elif isinstance(default, tuple):
        fits = isinstance(value, (list, tuple))  # a list in TOML, a tuple in a profile of ours
        value = tuple(value) if fits else value
    else:
        fits = isinstance(value, type(default))
    if not fits:
        like = (
            default
            if default or not isinstance(default, tuple | str)
            else ["one", "two"]
            if isinstance(default, tuple)
            else "text"
        )
        raise SettingError(f"{name} = {value!r} should be like {like!r}", where, "correct its type")
    return value
