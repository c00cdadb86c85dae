"""Outcomes: with which words an alert is closed, and what each must say beside.

The list is short and closed, tells *real but harmless* from *wrong by rule* and *wrong by data*, and has words for "nobody knows".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Outcome(StrEnum):
    """What became of an alert."""

    SEIZED = "seized"
    IRREGULARITY = "irregularity"
    CONFIRMED = "confirmed, no irregularity"
    EXPLAINED = "explained"
    WRONG_RULE = "wrong: rule"
    WRONG_DATA = "wrong: data"
    INCONCLUSIVE = "inconclusive"
    NOT_INSPECTED = "not inspected"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeField:
    """One thing that may be said with an outcome; ``most`` is the longest text, or the largest number."""

    name: str
    sentence: str
    is_needed: bool = False
    choices: tuple[str, ...] = ()
    is_number: bool = False
    most: float = 500


_CASE: Final = OutcomeField(name="case_number", sentence="Number of the case that was opened.", most=100)
_WHAT: Final = OutcomeField(name="what", sentence="What was found.", is_needed=True)
_HS: Final = OutcomeField(name="hs_code", sentence="Code of the Harmonized System of what was found.", most=12)
OUTCOMES: Final[dict[Outcome, tuple[str, tuple[OutcomeField, ...]]]] = {
    Outcome.SEIZED: (
        "Goods were seized.",
        (_WHAT, _CASE, _HS, OutcomeField(name="mass_kg", sentence="How much was seized.", is_number=True, most=1e9)),
    ),
    Outcome.IRREGULARITY: ("Something was not as it should be, and nothing was seized.", (_WHAT, _CASE, _HS)),
    Outcome.CONFIRMED: ("It happened as told, and an inspection found nothing wrong.", (_CASE,)),
    Outcome.EXPLAINED: (
        "It happened as told, and it was lawful.",
        (OutcomeField(name="explanation", sentence="Why it was lawful.", is_needed=True),),
    ),
    Outcome.WRONG_RULE: (
        "It did not happen, or means nothing: the rule misjudged sound data.",
        (OutcomeField(name="explanation", sentence="What it was instead.", is_needed=True),),
    ),
    Outcome.WRONG_DATA: (
        "It did not happen: what the feed or the papers said was wrong.",
        (OutcomeField(name="explanation", sentence="Which data were wrong.", is_needed=True),),
    ),
    Outcome.INCONCLUSIVE: ("It was looked into, and nobody knows.", ()),
    Outcome.NOT_INSPECTED: (
        "Nobody looked into it.",
        (
            OutcomeField(
                name="why",
                sentence="Why not.",
                is_needed=True,
                choices=("no capacity", "too late", "out of reach", "left to another authority", "other"),
            ),
        ),
    ),
}
"""Outcome -> its sentence and its fields."""

CONFIRMING: Final = frozenset({Outcome.SEIZED, Outcome.IRREGULARITY, Outcome.CONFIRMED, Outcome.EXPLAINED})
"""What was told did happen: the rule was right."""


def fault_of_fields(outcome: Outcome, fields: Mapping[str, Any]) -> str | None:
    """What is wrong with the fields of an outcome, in one sentence; None where nothing is."""
    known = {field.name: field for field in OUTCOMES[outcome][1]}
    unknown = sorted(set(fields) - set(known))
    if unknown:
        mend = f"it has {', '.join(known)}" if known else "it has none"
        return f"the outcome '{outcome}' has no field {unknown[0]!r}; {mend}"
    for field in known.values():
        value = fields.get(field.name)
        if value is None or value == "":
            if field.is_needed:
                return f"the outcome '{outcome}' needs {field.name!r}: {field.sentence}"
        elif field.is_number:
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= field.most:
                return f"{field.name!r} must be a number from 0 to {field.most:g}"
        elif not isinstance(value, str) or len(value) > field.most:
            return f"{field.name!r} must be a text of at most {field.most:g} characters"
        elif field.choices and value not in field.choices:
            return f"{field.name!r} must be one of: {', '.join(field.choices)}"
    return None
