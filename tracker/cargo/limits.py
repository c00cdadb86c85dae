"""How much cargo is read: a packed file of a megabyte may hold a terabyte, and a workbook of a kilobyte a sheet of a billion cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracker.errors import CargoError
from tracker.schema import check_thresholds, threshold

_MEND_SIZE: Final = "name only the files that are needed, or raise [cargo] most_mb"
_MEND_VALUES: Final = "name only the files that are needed, or raise [cargo] most_values"


@dataclass(frozen=True, slots=True)
class CargoConfig:
    """How papers are read."""

    most_mb: float = threshold(
        1024.0, "All cargo files together, unpacked, hold at most so many million bytes.",
        "ours: fifty ships of 24,000 containers, a kilobyte for each", low=0.001, high=65_536.0,
    )  # fmt: skip
    most_values: int = threshold(
        30_000_000, "And at most so many values (cells of CSV; members and elements of JSON).",
        "ours: some 25 values for each of those containers; a value takes 60 to 100 bytes of memory", low=10,
    )  # fmt: skip
    mappings: tuple[str, ...] = threshold(
        (), "Mapping files (TOML) for tables whose columns are not ours; of several the one that knows most columns of a header is taken.",
        "ours: each office exports its lists in its own way, and rarely changes it",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_thresholds(self)


@dataclass(slots=True)
class Room:
    """What is left of the limits."""

    config: CargoConfig
    bytes_left: int
    values_left: int

    @classmethod
    def of(cls, config: CargoConfig) -> Room:
        """All of them."""
        return cls(config, int(config.most_mb * 1e6), config.most_values)

    def check(self, size: int, path: str) -> None:
        """So many bytes are about to be held."""
        if size > self.bytes_left:
            raise self.too_large(path)

    def too_large(self, path: str) -> CargoError:
        """What is said of a file beyond the limit."""
        what = f"brings the cargo to more than {self.config.most_mb:,.0f} million bytes, unpacked"
        return CargoError(what, path, _MEND_SIZE)

    def take(self, text: str | bytes, path: str) -> None:
        """A text is about to be parsed: its values are no more than its separators."""
        if isinstance(text, str):
            self.take_values(sum(text.count(mark) for mark in ",;\t\n[{"), path)
        else:
            self.take_values(sum(text.count(mark) for mark in (b"+", b":", b"*", b"'", b"~", b",", b"{", b"[")), path)

    def take_values(self, count: int, path: str) -> None:
        """So many values are about to be held."""
        self.values_left -= count
        if self.values_left < 0:
            most = f"{self.config.most_values:,}"
            raise CargoError(f"holds more values than the {most} that all cargo may have", path, _MEND_VALUES)
