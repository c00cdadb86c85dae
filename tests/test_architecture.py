"""The shape holds: where the clock, the screen and foreign clients may be met, and how much a kernel is handed (the import layers are lint-imports' work)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(path for package in ("tracker", "streams", "models") for path in (ROOT / package).rglob("*.py"))

ONLY_IN = {
    "duckdb": {"tracker/store"},
    "kafka": {
        "streams/_kafka.py",
        "streams/_kafka_batches.py",
        "streams/_kafka_follower.py",
        "streams/kafka_asking.py",
        "streams/kafka_sink.py",
    },
    "socket": {
        "streams/sockets.py",
        "streams/probe.py",
        "streams/senders.py",
        "streams/watchdog.py",
        "streams/listeners.py",
        "tracker/web",
        "tracker/door",
        "tracker/room/shell",
    },
    "starlette": {"tracker/door/app.py", "tracker/room"},
    "fastapi": {"tracker/room"},
    "sqlalchemy": {"tracker/room"},
    "alembic": {"tracker/room/store"},
    "argon2": {"tracker/room/accounts"},
    "authlib": {"tracker/room/accounts"},
    "webauthn": {"tracker/room/accounts"},
    "rfc8785": {"tracker/room/audit"},
    "uvicorn": {"tracker/web/serving.py", "tracker/room/shell"},
    "time": {"streams/time.py"},
    "rich": {
        "tracker/commands",
        "tracker/store/writers.py",
        "tracker/terminal.py",
        "tracker/evaluation/screen.py",
    },
    "typer": {"tracker/cli.py", "tracker/commands"},
    "searoute": {"tracker/geography", "tracker/simulate/world.py"},
    "airportsdata": {"tracker/geography", "tracker/simulate/world.py"},
    "global_land_mask": {"tracker/geography"},
    "pickle": set(),
    "pyModeS": set(),
}
"""Foreign module -> the only files or folders that may import it."""
MOST_PARAMETERS = 8
"""Of a kernel: two of one type in the wrong order are no type error, so what belongs together goes by name."""


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_foreign_clients_are_met_in_their_own_files(path: Path) -> None:
    here = str(path.relative_to(ROOT))
    for module in imported(path):
        allowed = ONLY_IN.get(module)
        if allowed is not None:
            assert any(here == place or here.startswith(place + "/") for place in allowed), f"{here} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_asks_the_wall_clock(path: Path) -> None:
    if path.relative_to(ROOT) == Path("streams/time.py"):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"utcnow", "today", "time_ns", "perf_counter", "monotonic"}, f"line {node.lineno}"
            assert not (node.attr == "now" and isinstance(node.value, ast.Name) and node.value.id == "datetime"), (
                f"line {node.lineno}"
            )


def test_every_module_says_what_it_knows() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in FILES
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def kernels(path: Path) -> Iterator[ast.FunctionDef]:
    """Functions that numba compiles: decorated with ``njit`` or its like, by whatever name it was imported."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            words = {word for decorator in node.decorator_list for word in re.findall(r"\w+", ast.unparse(decorator))}
            if words & {"njit", "jit", "vectorize", "guvectorize", "register_jitable"}:
                yield node


def test_a_kernel_has_eight_parameters_at_most() -> None:
    found = {f"{path.relative_to(ROOT)}: {kernel.name}": kernel.args for path in FILES for kernel in kernels(path)}
    assert found, "kernels are told by their decorators"
    counts = {
        name: len([*args.posonlyargs, *args.args, *args.kwonlyargs]) + (args.vararg is not None)
        for name, args in found.items()
    }
    assert {name: count for name, count in counts.items() if count > MOST_PARAMETERS} == {}
