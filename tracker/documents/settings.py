"""Pages of settings: docs/settings.md names the sections, docs/settings/ has a page for each, with where every number comes from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Final

from tracker.config.watch import SourceConfig
from tracker.documents.text import MADE, cell, plain
from tracker.settings import PROFILES, SECTIONS, SettingRow, setting_rows

_SECTIONS: Final = {
    section: tuple(rows) for section, rows in groupby(setting_rows(), key=lambda row: row.section.partition(".")[0])
}
"""Section -> its settings; ``sources`` is that of every source."""


def settings_page() -> str:
    """docs/settings.md."""
    parts = [
        "# Settings\n\n",
        MADE,
        "One TOML file, given as `--config FILE`, and the environment, which has the last word (`TIDEWAITER_WATCH_IDLE_S=60`). Every number has its unit in its name. `profile` bundles them: "
        + ", ".join(f"`{name}`" for name in PROFILES)
        + ", or your own as `[profiles.NAME.SECTION]`. `tidewaiter check --settings --config FILE` shows what is in force, `tidewaiter check` without `--settings` tries what they name, `tidewaiter init` writes a file to begin with.\n\n"
        '```toml\nprofile = "customs"\n\n[loitering]\nmin_duration_h = 3.0\n\n[profiles.strait.encounter]\nnear_km = 0.3\n```\n\n'
        "A page for each section, with the default, meaning and origin of every setting:\n\n| section | settings | what it sets |\n|---|---|---|\n",
        *(
            f"| [`{_heading(section)}`](settings/{section}.md) | {len(rows)} | {cell(_sentence(section))} |\n"
            for section, rows in _SECTIONS.items()
        ),
        "\nHow an origin is to be read: a paper, standard or program by its name; `measured` with the page that has the measurement; `ours` or `own`, our number and what "
        "it was set on; `choice`, no number but a choice, and why.\n\n## Profiles\n\n",
    ]
    for profile, sections in PROFILES.items():
        parts.append(f"### {profile}\n\n")
        rows = [
            f"- `[{name}] {key} = {plain(value)}`\n"
            for name, values in sections.items()
            for key, value in values.items()
        ]
        parts.extend(rows or ["The defaults of the sections.\n"])
        parts.append("\n")
    return "".join(parts)


def section_page(section: str) -> str:
    """docs/settings/SECTION.md."""
    return (
        f"# {_heading(section)}\n\n{MADE}{_sentence(section)} All sections: [settings](../settings.md).\n\n"
        "| setting | default | meaning | origin |\n|---|---|---|---|\n" + "".join(map(_row, _SECTIONS[section]))
    )


def _heading(section: str) -> str:
    return f"[{_SECTIONS[section][0].section}]"


def _sentence(section: str) -> str:
    kind = SECTIONS.get(section, SourceConfig)
    return (kind.__doc__ or "").strip().splitlines()[0]


def _row(row: SettingRow) -> str:
    return f"| `{row.name}` | {plain(row.default)} | {cell(row.sentence)} | {cell(row.origin)} |\n"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "settings.md": settings_page,
    **{f"settings/{section}.md": partial(section_page, section) for section in _SECTIONS},
}
