"""Claims of cost, and bounds on what was measured: one small arithmetic, read by `ast` and never by `eval`.

A claim is an expression ("2 * (n - 1)"), a mean ("mean(n - 1)"), a range (["n - 1", "2 * (n - 1)"]), or one of these
for each regime ({"uncontended": ..., "saturated": ...}). A bound is a number, an expression, or one of `< <= > >= ==`
and an expression.
"""

import ast
import math
import operator
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

import msgspec

MAX_LENGTH = 200
MAX_TERMS = 1_000_000  # of a harmonic number
_BINARY: dict[type[ast.operator], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_COMPARE = {"<=": operator.le, ">=": operator.ge, "==": operator.eq, "<": operator.lt, ">": operator.gt}


def _harmonic(terms: float) -> float:
    """Return 1 + 1/2 + ... + 1/terms; 0 for no terms."""
    if not 0 <= terms <= MAX_TERMS or terms != int(terms):
        raise ValueError(f"the number of terms is whole, from 0 to {MAX_TERMS:,}, not {terms:g}")
    return math.fsum(1 / term for term in range(1, int(terms) + 1))


_FUNCTIONS: dict[str, Any] = {
    "sqrt": math.sqrt,
    "log2": math.log2,
    "ceil": math.ceil,
    "floor": math.floor,
    "min": min,
    "max": max,
    "harmonic": _harmonic,
}
# The fields of an algorithm that claim a cost.
CLAIMS = ("messages_per_entry", "synchronisation_delay", "response_time")
EXAMPLE = dict.fromkeys(("n", "s", "k", "d"), 7.0)  # the names that a claim may speak of (`RunPlan.names`)
Kind = Literal["exact", "range", "mean"]


class Claimed(msgspec.Struct, frozen=True):
    """A claim worked out for one run: a number or [low, high], its kind, and the regime that it speaks of."""

    value: float | list[float] | None = None
    kind: Kind | None = None
    regime: str | None = None


class NoValue(ValueError):
    """An expression that can be read has no value for these names, as 1 / (n - 7) for seven nodes."""


def evaluate(expression: str | int | float, names: Mapping[str, float]) -> float:
    """Return the value of an arithmetic expression over `names`; raise ValueError that says what is wrong with it."""
    if isinstance(expression, int | float) and not isinstance(expression, bool):
        return expression
    try:
        return _value(_parse(expression), names)
    except (ArithmeticError, TypeError) as error:
        raise NoValue(f"'{expression}' has no value here: {error}") from None


def meets(value: Any, bound: Any, names: Mapping[str, float]) -> bool:
    """Return whether a measured value is what `expect` says: equal, within a bound like '<= 2 * n', or in [low, high].

    Numbers are equal within one part in a billion; other values must be the same.
    """
    if bound is None or isinstance(bound, bool) or isinstance(value, bool):
        return value is bound
    if not isinstance(value, int | float):
        return bool(value == bound)
    if isinstance(bound, list):
        if len(bound) != 2:
            raise ValueError(f"{bound} is not a band; write [low, high]")
        return evaluate(bound[0], names) <= value <= evaluate(bound[1], names)
    sign, expression = split_bound(bound)
    wanted = evaluate(expression, names)
    close = math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-12)
    return close if sign == "==" else (bool(_COMPARE[sign](value, wanted)) or (close and "=" in sign))


def split_bound(bound: Any) -> tuple[str, Any]:
    """Return the comparison sign of a bound ('==' if it has none) and the expression behind it."""
    if isinstance(bound, str):
        for sign in _COMPARE:
            if bound.strip().startswith(sign):
                return sign, bound.strip()[len(sign) :]
    return "==", bound


def claim_for(claim: Any, regime: str, names: Mapping[str, float]) -> Claimed:
    """Return what an algorithm's `messages_per_entry` says of a run in that regime; an empty Claimed if nothing."""
    if isinstance(claim, dict):
        if regime not in claim:
            return Claimed()
        chosen, spoken_of = claim[regime], regime
    elif claim is None:
        return Claimed()
    else:
        chosen, spoken_of = claim, "any"
    if isinstance(chosen, list | tuple):
        return Claimed([evaluate(chosen[0], names), evaluate(chosen[1], names)], "range", spoken_of)
    if isinstance(chosen, str):
        tree = _parse(chosen)
        if isinstance(tree, ast.Call) and ast.unparse(tree.func) == "mean" and len(tree.args) == 1:
            return Claimed(evaluate(ast.unparse(tree.args[0]), names), "mean", spoken_of)
    return Claimed(evaluate(chosen, names), "exact", spoken_of)


def claimed_of_all(values: Sequence[float | list[float] | None]) -> float | list[float] | None:
    """Return what runs of one setting claim together, as it may depend on who entered: of numbers the mean, of ranges
    what spans them all; None where none claims anything, or some claim one and some the other."""
    numbers = [value for value in values if isinstance(value, int | float)]
    ranges = [value for value in values if isinstance(value, list)]
    if numbers and not ranges:
        return numbers[0] if len(set(numbers)) == 1 else math.fsum(numbers) / len(numbers)
    if ranges and not numbers:
        return [min(low for low, _ in ranges), max(high for _, high in ranges)]
    return None


def check_claim(claim: Any) -> None:
    """Raise ValueError if a claim of an algorithm cannot be read, whatever the run."""
    for part in claim.values() if isinstance(claim, dict) else [claim]:
        bounds = part if isinstance(part, list | tuple) else [part]
        if len(bounds) != 2 and bounds is part:
            raise ValueError(f"{part!r} is not a range; write ['n - 1', '2 * (n - 1)']")
        for bound in bounds:
            if bound is not None:
                with suppress(NoValue):
                    claim_for(bound, "any", EXAMPLE)


def _parse(expression: Any) -> ast.expr:
    if not isinstance(expression, str):
        raise ValueError(f"{expression!r} is neither a number nor an expression like '2 * (n - 1)'")
    if len(expression) > MAX_LENGTH:
        raise ValueError(f"an expression of over {MAX_LENGTH} characters")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError):  # ValueError: a null character
        raise ValueError(f"'{expression}' is not an expression like '2 * (n - 1)'") from None


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in names:
            raise ValueError(f"'{node.id}' is not known here; the names are {', '.join(sorted(names))}")
        return names[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, names)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        result: float = _BINARY[type(node.op)](_value(node.left, names), _value(node.right, names))
        return result
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        arguments = [_value(argument, names) for argument in node.args]
        if node.keywords:
            raise TypeError(f"{node.func.id} takes no names of arguments")
        try:
            result = _FUNCTIONS[node.func.id](*arguments)
        except ValueError as error:  # the root of a negative number, or part of a term
            raise TypeError(f"{node.func.id}: {error}") from None
        return result
    raise ValueError(f"only numbers, names, + - * / //, parentheses and {', '.join(_FUNCTIONS)} are allowed")
