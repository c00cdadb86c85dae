"""The settings file that a beginner gets: the settings worth knowing on the first day, with the defaults and sentences of the one table.

What must be decided (sources, broker) stands there as examples, commented out: the file as written passes ``check``. All other
settings: ``tidewaiter check --settings``, docs/settings.md.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any, Final

from tracker.settings import PROFILES, setting_rows

_WIDTH: Final = 110
_FIRST_DAY: Final = ("http_address", "lateness_s", "journal_keep_h", "journal_gb")
_THRESHOLDS: Final = {
    "loitering": ("radius_km", "min_duration_h"),
    "encounter": ("near_km", "min_stopped_min"),
}
"""A person changes these first."""
_SOURCES: Final = """
# Where bytes come from: as many as you like, each under a name of its own. Take one, remove the # signs, put your address in.
# The format is recognised by the first bytes.

# [sources.receiver]                 # AIS or ADS-B from a receiver or a forwarder that waits for us to connect
# kind = "tcp"
# address = "192.0.2.7:10110"        # host:port; readsb gives Beast on 30005, SBS-1 on 30003; AIS-catcher and gpsd give NMEA

# [sources.roof]                     # receivers that connect to us
# kind = "tcp_server"
# address = "127.0.0.1:10111"        # 0.0.0.0 lets in other machines: close the port to strangers

# [sources.coast]                    # datagrams, as AIS receivers send them
# kind = "udp"
# address = "127.0.0.1:10112"

# [sources.log]                      # a file that another program goes on writing
# kind = "file"
# path = "/var/log/ais/today.nmea"

# [sources.gate]                     # topics of Kafka; the broker is named below
# kind = "kafka"
# topics = ["ais.raw"]
"""
_KAFKA: Final = """
# Alerts out, flags and orders of a risk engine in (docs/topics.md). Without a broker nothing is sent and nothing lost: alerts are in the store.

# [kafka]
# bootstrap = "127.0.0.1:9092"
"""


def beginning_text() -> str:
    """The file."""
    parts = [
        "# Settings of Tidewaiter. What is commented out is the default or an example; all settings: tidewaiter check --settings\n",
        "# Try it: tidewaiter check --config THIS_FILE     Run it: tidewaiter watch --config THIS_FILE --db live.duckdb\n\n",
        f"# Thresholds in a bundle: {', '.join(PROFILES)}, or one of your own (docs/settings.md).\n",
        'profile = "customs"\n',
        _SOURCES,
        _KAFKA,
        "\n# How the live program works.\n[watch]\n",
        *_settings("watch", _FIRST_DAY),
        "\n# Thresholds of the detectors; remove the # signs and change them.\n",
        *(f"\n# [{section}]\n{''.join(_settings(section, names))}" for section, names in _THRESHOLDS.items()),
    ]
    return "".join(parts)


def _settings(section: str, names: tuple[str, ...]) -> Iterator[str]:
    rows = {row.name: row for row in setting_rows() if row.section == section}
    for name in names:
        row = rows[name]
        yield textwrap.fill(row.sentence, _WIDTH, initial_indent="# ", subsequent_indent="# ") + "\n"
        yield f"# {name} = {_toml(row.default)}\n"


def _toml(value: Any) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)
