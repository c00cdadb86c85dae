"""Which SQL may be asked of a store: one statement that only reads, and reads nothing but the store.

DuckDB's own parser judges, on a connection of its own that holds nothing: the statement is turned into the tree that DuckDB itself makes of it
(``json_serialize_sql``), and the tree is walked. Four walls stand behind each other::

    the kind of the statement        SELECT (with WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE), EXPLAIN of one, PRAGMA table_info and its like
    the tree                         no function that reads files, sets, logs or checkpoints; relations are plain names, never a path;
                                     no branch that writes (``WITH x AS (DELETE ...)`` is a SELECT to DuckDB 2.0)
    the transaction                  BEGIN TRANSACTION READ ONLY: the store cannot be written in it, whatever the statement does
    the connection                   no access to other files, no variables of Python as tables

A statement that is too large or too deep is refused as well: planning one cannot be interrupted.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from typing import Any, Final

import duckdb

from tracker.errors import InputError

MOST_CHARACTERS: Final = 200_000
_DEEPEST: Final = 300
"""Levels of the tree; an expression in another is two or three of them. 900 lists in each other took DuckDB half a minute to plan."""
_MOST_NODES: Final = 60_000
"""Values of the tree: a list of 6,000 numbers behind IN."""

_EXPLAIN: Final = re.compile(r"\s*explain(?:\s+analyze)?\s+", re.IGNORECASE)
_PRAGMAS: Final = re.compile(
    r"\s*pragma\s+(?:(?:table_info|show|storage_info)\s*\(\s*'?\w+'?\s*\)|(?:show_tables|show_tables_expanded|database_size|version|functions|collations|platform|user_agent))\s*;?\s*",
    re.IGNORECASE,
)
_PLAIN_NAME: Final = re.compile(r"[^\W\d][\w $-]*\Z")
"""A relation; a name with a dot, a slash or a colon would be taken for a file."""

TABLE_FUNCTIONS: Final = frozenset(
    [
        "duckdb_columns",
        "duckdb_constraints",
        "duckdb_databases",
        "duckdb_dependencies",
        "duckdb_functions",
        "duckdb_indexes",
        "duckdb_keywords",
        "duckdb_memory",
        "duckdb_optimizers",
        "duckdb_schemas",
        "duckdb_sequences",
        "duckdb_settings",
        "duckdb_table_sample",
        "duckdb_tables",
        "duckdb_temporary_files",
        "duckdb_types",
        "duckdb_views",
        "generate_series",
        "histogram",
        "histogram_values",
        "icu_calendar_names",
        "json_each",
        "json_tree",
        "pg_timezone_names",
        "pragma_collations",
        "pragma_database_size",
        "pragma_show",
        "pragma_storage_info",
        "pragma_table_info",
        "pragma_version",
        "range",
        "repeat",
        "repeat_row",
        "summary",
        "unnest",
    ]
)
"""Functions that may stand where a table stands, besides the store's own macros: these read nothing but the store."""
FORBIDDEN_FUNCTIONS: Final = frozenset(
    [
        "currval",
        "array_reduce",
        "getenv",
        "getvariable",
        "json_execute_serialized_sql",
        "list_reduce",
        "nextval",
        "reduce",
        "setseed",
        "setval",
        "sleep_ms",
        "write_log",
    ]
)
"""Functions that write, wait, look outside, or double a text sixty times over."""
_ENLARGING: Final = {
    "array_resize": slice(1, 2), "bar": slice(3, 4), "bitstring": slice(1, 2), "generate_series": slice(None), "list_resize": slice(1, 2),
    "lpad": slice(1, 2), "range": slice(None), "repeat": slice(1, 2), "rpad": slice(1, 2),
}  # fmt: skip
"""Functions that make much of nothing, all of it in memory at once, where they stand in an expression; and which arguments say how much. None of
them can be interrupted meanwhile, and one of gigabytes held up the whole program for seconds."""
_REPLACING: Final = frozenset(["regexp_replace", "replace"])
"""Functions that put a text in the place of another; nested they multiply, and a question made ten gigabytes of ten thousand letters."""
_MOST_GROWING: Final = 3
_MOST_PUT_IN: Final = 16
"""So many of them may make a text longer in one question, each by so many letters for one."""
_WIDTHS: Final = frozenset(["format", "printf"])
"""Functions whose first argument may ask for blanks without end."""
_WIDE: Final = re.compile(r"\d{4}|\*|\{[^{}]*\{")
"""A width of thousands in a format, or one that another argument gives."""
_MOST_REPEATED: Final = 100_000
_READS: Final = frozenset(["SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"])
"""Kinds of query nodes that only read; a node of another kind is refused."""


class RefusedQueryError(InputError):
    """A statement that may not be asked of a store."""

    def __init__(self, what: str, mend: str = "ask with one SELECT over the views; docs/columns.md lists them") -> None:
        super().__init__(what, "query", mend)


class _Grammar:
    """DuckDB's parser, on an empty database in memory that may open nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def statements(self, sql: str) -> list[Any]:
        """The statements in a text."""
        with self._lock:
            return self._opened().extract_statements(sql)

    def tree(self, sql: str) -> str:
        """The tree of a SELECT as JSON text; an object with ``error`` where it has none."""
        with self._lock:
            found = self._opened().execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
        text: str = found[0][0]
        return text

    def _opened(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = duckdb.connect(":memory:")
            self._connection.execute("SET threads = 1")
            self._connection.execute("SET enable_external_access = false")
            self._connection.execute("SET lock_configuration = true")
        return self._connection


_GRAMMAR: Final = _Grammar()


def check_read_only(sql: str, macros: frozenset[str] = frozenset()) -> None:
    """Return where a statement may be asked of a store.

    ``macros`` are the store's own table macros, in lower case.

    Raises
    ------
    RefusedQueryError
        what is wrong with it, in a sentence.
    """
    if len(sql) > MOST_CHARACTERS:
        raise RefusedQueryError(f"it is longer than {MOST_CHARACTERS:,} characters", "ask in parts")
    try:
        statements = _GRAMMAR.statements(sql)
    except duckdb.Error as exc:
        raise RefusedQueryError(_first_line(exc)) from exc
    if len(statements) != 1:
        raise RefusedQueryError(f"these are {len(statements)} statements", "ask one at a time")
    kind = statements[0].type.name
    if kind == "PRAGMA":
        if not _PRAGMAS.fullmatch(sql):
            raise RefusedQueryError("this is a PRAGMA that may not be asked here")
        return
    if kind == "EXPLAIN":
        begin = _EXPLAIN.match(sql)
        if begin is None:
            raise RefusedQueryError("this is an EXPLAIN with options", "write EXPLAIN or EXPLAIN ANALYZE, and a SELECT")
        check_read_only(sql[begin.end() :], macros)
        return
    if kind == "MULTI":
        raise RefusedQueryError(
            "this is a PIVOT that would have to look first which columns it has",
            "name them: PIVOT t ON kind IN ('gap', 'zone')",
        )
    if kind != "SELECT":
        raise RefusedQueryError(f"this is {_article(kind)} statement: a store is only read here")
    _check_tree(sql, macros)


def _check_tree(sql: str, macros: frozenset[str]) -> None:
    try:
        tree = json.loads(_GRAMMAR.tree(sql))
    except (duckdb.Error, RecursionError) as exc:
        raise RefusedQueryError(f"cannot be read: {_first_line(exc)}", "make it simpler") from exc
    if tree.get("error"):
        message = str(tree.get("error_message"))
        raise RefusedQueryError("this is no SELECT that can be looked into" if "serialized" in message else message)
    count = growing = 0
    for node, level, is_table in _nodes(tree):
        count += 1
        if level > _DEEPEST or count > _MOST_NODES:
            raise RefusedQueryError("it is too deep or too large", "ask in parts, or join with a list of VALUES")
        if isinstance(node, dict):
            _check_node(node, is_table, macros)
            growing += _grows(node)
    if growing > _MOST_GROWING:
        raise RefusedQueryError(
            f"it makes texts longer by replacing in more than {_MOST_GROWING} places", "ask in parts"
        )


def _nodes(tree: Any) -> Iterator[tuple[Any, int, bool]]:
    """Every value of the tree with its level, and whether it is the function of a table function."""
    waiting: list[tuple[Any, int, bool]] = [(tree, 0, False)]
    while waiting:
        node, level, is_table = waiting.pop()
        yield node, level, is_table
        if isinstance(node, dict):
            of_table = node.get("type") == "TABLE_FUNCTION"
            waiting.extend((value, level + 1, of_table and key == "function") for key, value in node.items())
        elif isinstance(node, list):
            waiting.extend((value, level + 1, False) for value in node)


def _check_node(node: dict[str, Any], is_table: bool, macros: frozenset[str]) -> None:
    kind = str(node.get("type"))
    if kind.endswith(("_NODE", "_STATEMENT")) and kind not in _READS:
        raise RefusedQueryError("it writes in one of its parts: a store is only read here")
    if kind == "BASE_TABLE" and not _PLAIN_NAME.match(str(node.get("table_name"))):
        raise RefusedQueryError(f"it names {node.get('table_name')!r}, which is no view of the store")
    if kind == "SHOW_REF" and (name := str(node.get("table_name") or "").strip('"')) and not _PLAIN_NAME.match(name):
        raise RefusedQueryError(f"it names {name!r}, which is no view of the store")
    if kind == "TABLE_FUNCTION":
        name = str((node.get("function") or {}).get("function_name", "")).lower()
        if name not in TABLE_FUNCTIONS and name not in macros:
            raise RefusedQueryError(
                f"{name or 'this function'}() may not be asked here: a query reads this store and nothing else"
            )
    elif "function_name" in node and not is_table:
        name = str(node["function_name"]).lower()
        if name in FORBIDDEN_FUNCTIONS:
            raise RefusedQueryError(f"{name}() may not be asked here")
        if name in _WIDTHS and not _is_narrow(node.get("arguments") or []):
            raise RefusedQueryError(
                f"it uses {name}() with a format that is no plain text, or with a width of thousands",
                "write the format and its widths out",
            )
        if name in _ENLARGING and not _is_small(name, node.get("arguments") or []):
            raise RefusedQueryError(
                f"it uses {name}() in an expression with a size that is not a small number",
                f"write FROM {name}(...), which takes no memory"
                if name in ("generate_series", "range")
                else f"write out a number of at most {_MOST_REPEATED:,}",
            )


def _grows(node: dict[str, Any]) -> bool:
    """Whether a call puts a longer text in the place of a shorter one.

    Raises
    ------
    RefusedQueryError
        where that text is not written out, or long.
    """
    if str(node.get("function_name")).lower() not in _REPLACING:
        return False
    texts = [_text_of(one) for one in (node.get("arguments") or [])[1:3]]
    if len(texts) == 2 and texts[1] is not None and len(texts[1]) <= _MOST_PUT_IN:
        return texts[0] is None or len(texts[1]) > len(texts[0]) or node["function_name"].lower() == "regexp_replace"
    raise RefusedQueryError(
        f"it uses {node['function_name']}() with a text to put in that is not written out, or is long",
        f"write out a text of at most {_MOST_PUT_IN} letters",
    )


def _text_of(argument: Any) -> str | None:
    """A text written out, else None."""
    literal = (argument.get("expression") or {}).get("literal") or {}
    return str(literal.get("text")) if literal.get("kind") == "STRING" else None


def _is_small(name: str, arguments: list[Any]) -> bool:
    """Whether an enlarging function has only constants that keep its result small: ``range(24)``, ``repeat('-', 10)``."""
    for one in arguments[_ENLARGING[name]]:
        literal = (one.get("expression") or {}).get("literal") or {}
        text = str(literal.get("text"))
        if literal.get("kind") != "INTEGER" or not text.isdigit() or int(text) > _MOST_REPEATED:
            return False
    return True


def _is_narrow(arguments: list[Any]) -> bool:
    """Whether a format is written out and asks for no great width."""
    literal = ((arguments[0].get("expression") or {}).get("literal") or {}) if arguments else {}
    return literal.get("kind") == "STRING" and not _WIDE.search(str(literal.get("text")).replace("{{", ""))


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIOU" else f"a {kind}"


def _first_line(exc: BaseException) -> str:
    return (str(exc).strip().splitlines() or [type(exc).__name__])[0]
