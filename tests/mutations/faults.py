"""Small faults of a source file: which there are, and the code that each of them makes.

A fault is one change inside a function: a comparison turned or moved by its boundary, ``and`` for ``or``, a condition turned round, plus for minus, ``min`` for
``max``, a number one greater, a truth turned round, a statement left out. Words are left alone (messages, logs, annotations, docstrings), and so
are tables and defaults at the top of a file: those are decisions, and a test that repeats them proves nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any, Final

COMPARED: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
CALCULATED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
SWAPPED: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
TELLING: Final = frozenset({"debug", "info", "warning", "error", "exception"})
"""Methods of a log."""
WORDS_ONLY: Final = (ast.Raise, ast.JoinedStr, ast.Assert)
NOT_RUN: Final = frozenset({"annotation", "returns", "decorator_list", "type_comment"})
"""Parts of a node that nothing runs when the function does."""
DECIDED_WITHIN: Final = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Constant)
"""Conditions that have faults of their own."""
FOLDERS: Final = ("folder", "path", "root", "parent", "file")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Edit:
    """A field of a node given another value; ``shown`` is the node whose text tells it."""

    owner: ast.AST
    field: str
    value: Any
    shown: ast.AST

    def texts(self) -> tuple[str, str]:
        """What stands there, and what would."""
        before, kept = short(self.shown), getattr(self.owner, self.field)
        if isinstance(self.shown, ast.stmt):
            return before, "left out"
        if self.shown is kept:
            return before, short(self.value)
        setattr(self.owner, self.field, self.value)
        after = short(self.shown)
        setattr(self.owner, self.field, kept)
        return before, after


@dataclass(frozen=True, slots=True)
class Fault:
    """One change of one function."""

    module: str
    function: str
    line: int
    before: str
    after: str
    number: int
    """Position among the faults of its file."""

    @property
    def name(self) -> str:
        """By what it changes and not by its line, which moves."""
        return f"{self.module}:{self.function}: {self.before} => {self.after}"


def faults_of(path: Path, module: str) -> list[Fault]:
    """All faults of a file, in the order of its text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        Fault(module, function, getattr(edit.shown, "lineno", 0), *edit.texts(), number)
        for number, (function, edit) in enumerate(_edits(tree))
    ]


def code_with(path: Path, fault: Fault) -> CodeType:
    """The code of the outermost function that has the fault."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    _, edit = list(_edits(tree))[fault.number]
    setattr(edit.owner, edit.field, edit.value)
    whole = compile(ast.fix_missing_locations(tree), str(path), "exec", dont_inherit=True)
    return next(code for code in _codes(whole) if code.co_qualname == fault.function)


def short(node: ast.AST, most: int = 100) -> str:
    """Text of a node in one line."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= most else text[: most - 3] + "..."


def _codes(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)


def _edits(tree: ast.Module) -> Iterator[tuple[str, Edit]]:
    for name, function in _functions(tree.body, ""):
        edits = [
            edit
            for statement in function.body
            for node, around in _running(statement, statement)
            for edit in (*_left_out(node), *_changed(node, around))
        ]
        for edit in (*_left_out(function), *edits):
            if not (function.name == "__init__" and isinstance(edit.shown, ast.Assign)):
                yield name, edit


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Function]]:
    """Outermost functions and methods by their qualified names."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, Function) and node.name != "__repr__":
            yield f"{prefix}{node.name}", node


def _running(node: ast.AST, around: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """A node and what is in it, less words, each with the node around it."""
    yield node, around
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and field not in NOT_RUN and not _only_words(child):
                yield from _running(child, node)


def _only_words(node: ast.AST) -> bool:
    return isinstance(node, WORDS_ONLY) or _tells(node)


def _tells(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TELLING


def _left_out(node: ast.AST) -> Iterator[Edit]:
    """Each statement of a body that may go without a name missing afterwards."""
    for field in ("body", "orelse", "finalbody"):
        given = getattr(node, field, None)
        body: list[ast.stmt] = given if isinstance(given, list) else []
        for k, statement in enumerate(body):
            if _can_go(statement):
                without = [*body[:k], ast.copy_location(ast.Pass(), statement), *body[k + 1 :]]
                yield Edit(node, field, without, statement)


def _can_go(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call) and not _tells(statement.value)
    if isinstance(statement, ast.Assign):
        return all(isinstance(target, (ast.Attribute, ast.Subscript)) for target in statement.targets)
    return isinstance(statement, (ast.AugAssign, ast.Delete))


def _changed(node: ast.AST, around: ast.AST) -> Iterator[Edit]:
    """The faults of one expression."""
    whole = around if isinstance(around, ast.expr) else node
    match node:
        case ast.Compare(ops=operators):
            for k, operator in enumerate(operators):
                for other in COMPARED[type(operator)]:
                    yield Edit(node, "ops", [*operators[:k], other(), *operators[k + 1 :]], node)
        case ast.BoolOp(op=operator):
            yield Edit(node, "op", ast.Or() if isinstance(operator, ast.And) else ast.And(), node)
        case ast.BinOp(op=operator) if type(operator) in CALCULATED and not _is_text(node):
            yield Edit(node, "op", CALCULATED[type(operator)](), node)
        case ast.IfExp(test=test) | ast.If(test=test) | ast.While(test=test) if not isinstance(test, DECIDED_WITHIN):
            yield Edit(node, "test", ast.UnaryOp(ast.Not(), test), test)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield Edit(node, "operand", ast.UnaryOp(ast.Not(), operand), node)
        case ast.Constant(value=bool(value)):
            yield Edit(node, "value", not value, whole)
        case ast.Constant(value=int(value) | float(value)):
            yield Edit(node, "value", value + 1, whole)
        case ast.Call(func=ast.Name(id=name)) if name in SWAPPED:
            yield Edit(node, "func", ast.copy_location(ast.Name(SWAPPED[name], ast.Load()), node), node)


def _is_text(node: ast.BinOp) -> bool:
    """Whether something is put together that is no number: a text, a path."""
    if isinstance(node.op, ast.Div) and ast.unparse(node.left).endswith(FOLDERS):
        return True
    sides = (node.left, node.right)
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in sides
    )
