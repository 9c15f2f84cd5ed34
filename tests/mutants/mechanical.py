"""Mechanical mutants: every small change of a plugin that a machine can make, by the syntax tree.

In the methods of the algorithm, and in the first values of its state: each comparison negated, and where it has an
order also moved by one (`<` to `<=`); each condition, or part of one, replaced by True and by False; each statement
removed; each number and truth value changed. What a class declares about itself (its name, its claims, what it
assumes) is left alone: tests hold it elsewhere, and a plugin that assumes more than it needs is not wrong.
"""

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
MOVED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip


class Change(NamedTuple):
    """One change of one plugin. where: what it stands in; key: what names it, whatever line it moves to."""

    key: str
    source: str


def changes(file: Path) -> Iterator[Change]:
    """Yield every mechanical mutant of a plugin."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    for at, cls in enumerate(tree.body):
        if not isinstance(cls, ast.ClassDef) or not any(ast.unparse(base) == "Algorithm" for base in cls.bases):
            continue
        for index, part in enumerate(cls.body):
            if isinstance(part, ast.FunctionDef):
                where, places = part.name, list(places_in(part))
            elif isinstance(part, ast.AnnAssign) and "ClassVar" not in ast.unparse(part.annotation):
                where, places = "state", list(constants_in(part))
            else:
                continue
            for number, _ in enumerate(places):
                whole = copy.deepcopy(tree)
                owner = whole.body[at].body[index]  # type: ignore[attr-defined]
                mine = list(places_in(owner) if isinstance(part, ast.FunctionDef) else constants_in(owner))
                said = mine[number].make()
                key = f"{file.stem}.{where}: {said}"
                seen[key] += 1
                key += f" ({seen[key]})" if seen[key] > 1 else ""
                yield Change(key, ast.unparse(ast.fix_missing_locations(whole)))


class Place(NamedTuple):
    """A place in a tree and what is put there: `make` does it, and returns what it did."""

    owner: ast.AST
    field: str
    index: int | None
    new: ast.AST
    told: str

    def make(self) -> str:
        if self.index is None:
            setattr(self.owner, self.field, self.new)
        else:
            getattr(self.owner, self.field)[self.index] = self.new
        return self.told


def places_in(function: ast.AST) -> Iterator[Place]:
    """Yield every place of a method."""
    for owner in ast.walk(function):
        for field, value in ast.iter_fields(owner):
            if field in ("decorator_list", "args", "returns", "annotation"):
                continue
            items = value if isinstance(value, list) else [value]
            for index, item in enumerate(items):
                at = index if isinstance(value, list) else None
                if isinstance(item, ast.stmt):
                    if not _is_docstring(item) and not isinstance(item, ast.Pass):
                        yield Place(owner, field, at, ast.Pass(), f"without `{_first_line(item)}`")
                elif isinstance(item, ast.Compare):
                    yield from _comparisons(owner, field, at, item)
                if isinstance(item, ast.expr) and _is_condition(owner, field):
                    for truth in (True, False):
                        new = ast.Constant(truth)
                        if ast.dump(item) != ast.dump(new):
                            yield Place(owner, field, at, new, f"`{ast.unparse(item)}` -> `{truth}`")
    yield from constants_in(function)


def constants_in(tree: ast.AST) -> Iterator[Place]:
    """Yield every number and truth value, changed."""
    for owner in ast.walk(tree):
        for field, value in ast.iter_fields(owner):
            if field in ("decorator_list", "returns", "annotation", "pattern"):
                continue
            for index, item in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(item, ast.Constant) and isinstance(item.value, bool | int):
                    new = ast.Constant(not item.value if isinstance(item.value, bool) else item.value + 1)
                    told = f"{item.value} -> {new.value} in `{_first_line(owner)}`"
                    yield Place(owner, field, index if isinstance(value, list) else None, new, told)


def _comparisons(owner: ast.AST, field: str, at: int | None, item: ast.Compare) -> Iterator[Place]:
    for table in (NEGATED, MOVED):
        for number, sign in enumerate(item.ops):
            if type(sign) in table:
                new = copy.copy(item)
                new.ops = [*item.ops[:number], table[type(sign)](), *item.ops[number + 1 :]]
                yield Place(owner, field, at, new, f"`{ast.unparse(item)}` -> `{ast.unparse(new)}`")


def _is_condition(owner: ast.AST, field: str) -> bool:
    """Return whether that field holds what decides something: a test, a guard, or a part of one."""
    if isinstance(owner, ast.BoolOp):
        return field == "values"
    kinds = {"test": ast.If | ast.While | ast.IfExp, "guard": ast.match_case, "ifs": ast.comprehension}
    return field in kinds and isinstance(owner, kinds[field])


def _is_docstring(item: ast.stmt) -> bool:
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str)


def _first_line(tree: ast.AST) -> str:
    return ast.unparse(tree).splitlines()[0]
