"""docs/trouble.md knows every warning of the log and every reason for not being ready."""

from __future__ import annotations

import ast
from pathlib import Path

from tracker.documents.trouble import symptoms, trouble_page
from tracker.operations.log_events import LOG_EVENTS

METERS = Path(__file__).resolve().parents[2] / "tracker" / "watch" / "meters.py"


def test_every_warning_of_the_log_is_on_the_page() -> None:
    page = trouble_page("")
    assert [name for name, (level, _) in LOG_EVENTS.items() if level == "warning" and f"`{name}`" not in page] == []


def test_no_sign_is_of_a_word_that_the_log_has_no_more() -> None:
    signs = {sign for symptom in symptoms() for sign in symptom.signs if " " not in sign}
    assert signs - LOG_EVENTS.keys() == set()


def test_every_reason_for_not_being_ready_is_a_symptom() -> None:
    """The words before the first value of each sentence that ``_not_ready`` yields."""
    (function,) = (
        node
        for node in ast.walk(ast.parse(METERS.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "_not_ready"
    )
    reasons = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "NAME" for part in node.value.values]
            reasons.add("".join(map(str, parts)))
    assert reasons
    signs = [sign for symptom in symptoms() for sign in symptom.signs]
    assert [reason for reason in reasons if not any(reason.startswith(sign) for sign in signs)] == []
