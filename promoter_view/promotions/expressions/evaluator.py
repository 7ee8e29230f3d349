"""The value of an expression: walks its syntax tree. Pure, bounded in work, and total: it raises ExpressionError.

A name that nobody gave is nil, as in expr-lang; a field of nil, and a function that there is not, are errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lark import Token

from promoter_view.promotions.expressions.functions import Function, call
from promoter_view.promotions.expressions.parser import Syntax
from promoter_view.promotions.expressions.values import (
    ExpressionError,
    binary,
    index,
    is_number,
    kind_of,
    member,
    part,
    truth,
    within,
)

_NOWHERE = object()
#: What an optional chain comes to where it ended early: what follows in the chain is not asked for.
_ENDED = object()
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(slots=True)
class Budget:
    """How much work is left: about one unit for each node looked at, and for each 64 elements made."""

    left: int = 50_000

    def spend(self, value: Any = None) -> None:
        """Takes the cost of one node, and of the value that it made. Errors: where nothing is left."""
        self.left -= 1 + (len(value) // 64 if isinstance(value, str | list) else 0)
        if self.left < 0:
            raise ExpressionError("the expressions are too much work")


@dataclass(frozen=True, slots=True)
class Scope:
    """What names and functions mean. ``item`` is what ``#`` stands for in a predicate."""

    names: Mapping[str, Any]
    functions: Mapping[str, Function]
    budget: Budget
    item: Any = _NOWHERE


def evaluate(tree: Syntax, scope: Scope) -> Any:
    """The value of that expression. Errors: ExpressionError."""
    try:
        return _value(tree, scope)
    except RecursionError:
        raise ExpressionError("it is nested too deeply") from None


def _value(tree: Any, scope: Scope) -> Any:
    found = _chained(tree, scope)
    return None if found is _ENDED else found


def _chained(tree: Any, scope: Scope) -> Any:
    found = _RULES[tree.data](tree.children, scope)
    scope.budget.spend(found)
    return found


def _let(children: Any, scope: Scope) -> Any:
    name, value, body = children
    return _value(body, replace(scope, names={**scope.names, str(name): _value(value, scope)}))


def _choose(children: Any, scope: Scope) -> Any:
    condition, first, second = children
    return _value(first if truth(_value(condition, scope)) else second, scope)


def _either(children: Any, scope: Scope) -> bool:
    return truth(_value(children[0], scope)) or truth(_value(children[1], scope))


def _both(children: Any, scope: Scope) -> bool:
    return truth(_value(children[0], scope)) and truth(_value(children[1], scope))


def _binary(children: Any, scope: Scope) -> Any:
    left, symbol, right = children
    return binary(str(symbol), _value(left, scope), _value(right, scope))


def _unlike(children: Any, scope: Scope) -> bool:
    return not _binary(children, scope)


def _within(children: Any, scope: Scope) -> bool:
    return within(_value(children[0], scope), _value(children[1], scope))


def _sign(children: Any, scope: Scope) -> Any:
    symbol, operand = children
    value = _value(operand, scope)
    if not is_number(value):
        raise ExpressionError(f"{symbol} is not for {kind_of(value)}")
    return value if symbol == "+" else binary("-", 0, value)


def _fallback(children: Any, scope: Scope) -> Any:
    value = _value(children[0], scope)
    return _value(children[1], scope) if value is None else value


def _pipe(children: Any, scope: Scope) -> Any:
    value, name, arguments = children
    return _called(str(name), [value, *_given(arguments)], scope)


def _call(children: Any, scope: Scope) -> Any:
    name, arguments = children
    return _called(str(name), _given(arguments), scope)


def _given(arguments: Syntax) -> list[Any]:
    return [argument for argument in arguments.children if argument is not None]


def _called(name: str, arguments: list[Any], scope: Scope) -> Any:
    if name in _ON_ITEMS:
        return _on_items(name, arguments, scope)
    if name not in scope.functions:
        named = ", ".join(sorted({*scope.functions, *_ON_ITEMS}))
        raise ExpressionError(f"no function is called {name}; there are: {named}")
    if any(argument.data == "predicate" for argument in arguments):
        raise ExpressionError(f"{name} takes no predicate")
    return call(scope.functions, name, [_value(argument, scope) for argument in arguments])


def _on_items(name: str, arguments: list[Any], scope: Scope) -> Any:
    if len(arguments) != 2:
        raise ExpressionError(f"{name} takes 2 argument(s), not {len(arguments)}")
    items, predicate = _value(arguments[0], scope), arguments[1]
    if not isinstance(items, list):
        raise ExpressionError(f"{name}: an array is needed, not {kind_of(items)}")
    body = predicate.children[0] if predicate.data == "predicate" else predicate
    return _ON_ITEMS[name](items, lambda item: _value(body, replace(scope, item=item)))


def _item(_: Any, scope: Scope) -> Any:
    if scope.item is _NOWHERE:
        raise ExpressionError("# is for predicates only")
    return scope.item


def _object(children: Any, scope: Scope) -> dict[str, Any]:
    pairs = (entry.children for entry in children if entry is not None)
    return {_name(name): _value(value, scope) for name, value in pairs}


def _array(children: Any, scope: Scope) -> list[Any]:
    return [_value(child, scope) for child in children if child is not None]


def _name(token: Token) -> str:
    return _string(token) if token.type == "STRING" else str(token)


def _string(token: Token) -> str:
    return _ESCAPE.sub(_unescaped, str(token)[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1:
        return chr(int(code[1:], 16))
    if code not in _ESCAPES:
        raise ExpressionError(f"a string has no escape \\{code}")
    return _ESCAPES[code]


def _number(token: Token) -> Any:
    digits = str(token).replace("_", "")
    if digits[:2] in ("0x", "0X"):
        return binary("+", int(digits, 16), 0)
    return binary("+", int(digits), 0) if digits.isdigit() and len(digits) < 20 else float(digits)


def _member(children: Any, scope: Scope) -> Any:
    value = _chained(children[0], scope)
    return _ENDED if value is _ENDED else member(value, str(children[1]))


def _maybe_member(children: Any, scope: Scope) -> Any:
    value = _chained(children[0], scope)
    return _ENDED if value is None or value is _ENDED else member(value, str(children[1]))


def _index(children: Any, scope: Scope) -> Any:
    value = _chained(children[0], scope)
    return _ENDED if value is _ENDED else index(value, _value(children[1], scope))


def _maybe_index(children: Any, scope: Scope) -> Any:
    value = _chained(children[0], scope)
    return _ENDED if value is None or value is _ENDED else index(value, _value(children[1], scope))


def _slice(children: Any, scope: Scope) -> Any:
    value = _chained(children[0], scope)
    if value is _ENDED:
        return value
    start, end = (None if bound is None else _value(bound, scope) for bound in children[1:])
    return part(value, start, end)


_Each = Callable[[Any], Any]
_ON_ITEMS: Mapping[str, Callable[[list[Any], _Each], Any]] = {
    "filter": lambda items, each: [item for item in items if truth(each(item))],
    "map": lambda items, each: [each(item) for item in items],
    "any": lambda items, each: any(truth(each(item)) for item in items),
    "all": lambda items, each: all(truth(each(item)) for item in items),
    "none": lambda items, each: not any(truth(each(item)) for item in items),
}

#: Each rule of the grammar.
_RULES: Mapping[str, Callable[[Any, Scope], Any]] = {
    "let": _let,
    "choose": _choose,
    "pipe": _pipe,
    "either": _either,
    "both": _both,
    "binary": _binary,
    "unlike": _unlike,
    "within": _within,
    "outside": lambda children, scope: not _within(children, scope),
    "negate": lambda children, scope: not truth(_value(children[0], scope)),
    "sign": _sign,
    "fallback": _fallback,
    "member": _member,
    "maybe_member": _maybe_member,
    "index": _index,
    "maybe_index": _maybe_index,
    "slice": _slice,
    "number": lambda children, _: _number(children[0]),
    "string": lambda children, _: _string(children[0]),
    "raw": lambda children, _: str(children[0])[1:-1],
    "true": lambda *_: True,
    "false": lambda *_: False,
    "nil": lambda *_: None,
    "name": lambda children, scope: scope.names.get(str(children[0])),
    "call": _call,
    "item": _item,
    "item_member": lambda children, scope: member(_item((), scope), str(children[0])),
    "array": _array,
    "object": _object,
    "group": lambda children, scope: _value(children[0], scope),
}
