"""No test depends on the speed of the machine: pauses stand in tests/waiting.py, and no bound is shorter than a minute."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
FILES = sorted(path for path in TESTS.rglob("*.py") if path.name != "waiting.py")
LEAST_S = 60
BOUND_NAMES = ("timeout", "timeout_s", "within_s", "deadline_s")
BOUND_FIRST = ("settimeout", "join")
"""Methods whose first argument is a bound."""


def hurried(path: Path) -> Iterator[str]:
    """Lines of a file that make a test's result a matter of speed, unless they say why they do not."""
    text = path.read_text(encoding="utf-8")
    excused = {
        token.start[0]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT and token.string.startswith("# not a wait")
    }
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            named = list(zip(node.args.args[::-1], node.args.defaults[::-1], strict=False))
            for argument, default in named:
                if (
                    argument.arg in BOUND_NAMES
                    and isinstance(default, ast.Constant)
                    and (default.value or 60) < LEAST_S
                ):
                    yield f"{path.name}:{node.lineno}: {default.value!r} s may be too few on a busy machine; use tests.waiting.PATIENCE_S"
        if (
            isinstance(node, ast.BinOp)
            and "monotonic()" in ast.unparse(node.left)
            and isinstance(node.right, ast.Constant)
        ):
            yield f"{path.name}:{node.lineno}: an end of its own; use tests.waiting"
        if not isinstance(node, ast.Call) or node.lineno in excused:
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        bounds = [keyword.value for keyword in node.keywords if keyword.arg in BOUND_NAMES]
        bounds += node.args[:1] if called in BOUND_FIRST else []
        if called == "sleep" or (called == "wait" and "Event()" in ast.unparse(node.func)):
            yield f"{path.name}:{node.lineno}: sleeps; use tests.waiting"
        for bound in bounds:
            value = bound.value if isinstance(bound, ast.Constant) else None
            if isinstance(value, (int, float)) and value < LEAST_S:
                yield f"{path.name}:{node.lineno}: {value} s may be too few on a busy machine; use tests.waiting.PATIENCE_S"


def test_no_test_asks_how_fast_the_machine_is() -> None:
    assert [line for path in FILES for line in hurried(path)] == []
