"""What a command says of the files it was given: which were left out and why, and which gave nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tracker.errors import InputError
from tracker.inputs.opening import Opened, open_recordings
from tracker.terminal import err

if TYPE_CHECKING:
    from streams.archives import Spool
    from tracker.decode.layouts import UserMapping
    from tracker.replay import Summary

_MOST_TOLD: Final = 10


def open_and_tell(
    paths: Sequence[Path],
    spool: Spool,
    outputs: Sequence[Path | None],
    *,
    strict: bool,
    mapping: UserMapping | None = None,
) -> Opened:
    """Everything that is named, recognised; what is left out is said, and with ``strict`` a refused file ends it."""
    opened = open_recordings(paths, spool, [path for path in outputs if path is not None], mapping)
    if strict and opened.refused:
        one = opened.refused[0]
        more = f" (and {len(opened.refused) - 1} more)" if len(opened.refused) > 1 else ""
        raise InputError(one.why + more, one.name, "mend or remove it, or leave out --strict to read the others")
    for one in opened.refused[:_MOST_TOLD]:
        err.say(f"{one.name}: {one.why}; left out", "red")
    if len(opened.refused) > _MOST_TOLD:
        err.say(f"and {len(opened.refused) - _MOST_TOLD:,} more files that cannot be read are left out", "red")
    by_rule = Counter(one.why for one in opened.left_out if not one.is_wrong)
    for why, count in sorted(by_rule.items()):
        names = [one.name for one in opened.left_out if not one.is_wrong and one.why == why]
        shown = ", ".join(names[:3]) + (f" and {count - 3:,} more" if count > 3 else "")
        err.say(f"{shown}: {why}; left out", "yellow")
    return opened


def tell_nothing(opened: Opened, summary: Summary) -> bool:
    """Say which inputs gave nothing; whether there was one, refused ones included."""
    empty = [one for one in summary.gave if one.nothing]
    for one in empty[:_MOST_TOLD]:
        err.say(f"{one.name}: {one.nothing}", "red")
    if len(empty) > _MOST_TOLD:
        err.say(f"and {len(empty) - _MOST_TOLD:,} more inputs gave nothing", "red")
    return bool(empty or opened.refused)
