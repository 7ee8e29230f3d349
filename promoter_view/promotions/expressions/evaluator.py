"""The value of an expression: walks its syntax tree. Pure, bounded in work, and total: it raises ExpressionError.

A name that nobody gave is nil, as in expr-lang; a field of nil, and a function that there is not, are errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lark import Token

from promoter_view.promotions.expressions.functions import NOT_DONE
from promoter_view.promotions.expressions.literals import number_of_token, string_of
from promoter_view.promotions.expressions.operators import ascending, binary, index, member, part, within
from promoter_view.promotions.expressions.parser import Syntax
from promoter_view.promotions.expressions.predicates import PREDICATED, Ask
from promoter_view.promotions.expressions.scope import Element, Scope
from promoter_view.promotions.expressions.values import (
    ExpressionError,
    Native,
    is_number,
    kind_of,
    nearest,
    place_of,
    text_of,
    truth,
)

#: What an optional chain comes to where it ended early: what follows in the chain is not asked for.
_ENDED = object()


def evaluate(tree: Syntax, scope: Scope) -> Any:
    """The value of that expression. Errors: ExpressionError."""
    try:
        found = _value(tree, scope)
        scope.budget.weigh(found)
    except RecursionError:
        raise ExpressionError("it is nested too deeply") from None
    return found


def _value(tree: Any, scope: Scope) -> Any:
    found = _chained(tree, scope)
    return None if found is _ENDED else found


def _chained(tree: Any, scope: Scope) -> Any:
    found = _RULES[tree.data](tree.children, scope)
    scope.budget.made(found)
    return found


def _let(children: Any, scope: Scope) -> Any:
    name, value, body = children
    return _value(body, replace(scope, names={**scope.names, str(name): _value(value, scope)}))


def _after(children: Any, scope: Scope) -> Any:
    _value(children[0], scope)
    return _value(children[1], scope)


def _choose(children: Any, scope: Scope) -> Any:
    condition, first, second = children
    return _value(first if truth(_value(condition, scope)) else second, scope)


def _elvis(children: Any, scope: Scope) -> Any:
    condition = _value(children[0], scope)
    return condition if truth(condition) else _value(children[1], scope)


def _either(children: Any, scope: Scope) -> bool | None:
    """A nil on the left is skipped, one on the right stays, as in expr-lang."""
    left = _value(children[0], scope)
    return True if left is not None and truth(left) else _right(children, scope)


def _both(children: Any, scope: Scope) -> bool | None:
    left = _value(children[0], scope)
    return left if left is None or not truth(left) else _right(children, scope)


def _right(children: Any, scope: Scope) -> bool | None:
    right = _value(children[1], scope)
    return None if right is None else truth(right)


def _binary(children: Any, scope: Scope) -> Any:
    left, symbol, right = children
    return _weighed_binary(str(symbol), _value(left, scope), _value(right, scope), scope)


def _weighed_binary(symbol: str, left: Any, right: Any, scope: Scope) -> Any:
    scope.budget.weigh(left)
    scope.budget.weigh(right)
    if symbol == "matches" and isinstance(right, str):
        scope.budget.compile(right)
    return binary(symbol, left, right)


def _compare(children: Any, scope: Scope) -> Any:
    """``a < b < c`` is ``a < b and b < c``."""
    return _compared(children, scope)[0]


def _compared(children: Any, scope: Scope) -> tuple[bool, Any]:
    """Whether it holds, and the value on its right."""
    first, symbol, last = children
    if first.data != "compare":
        left, right = _value(first, scope), _value(last, scope)
        return bool(_weighed_binary(str(symbol), left, right, scope)), right
    holds, left = _compared(first.children, scope)
    if not holds:
        return False, None
    right = _value(last, scope)
    return bool(_weighed_binary(str(symbol), left, right, scope)), right


def _unlike(children: Any, scope: Scope) -> bool:
    return not _binary(children, scope)


def _within(children: Any, scope: Scope) -> bool:
    left, right = _value(children[0], scope), _value(children[1], scope)
    scope.budget.weigh(left)
    scope.budget.weigh(right)
    return within(left, right)


def _range(children: Any, scope: Scope) -> list[int]:
    first, last = (_value(child, scope) for child in children)
    scope.budget.spend(max(0, place_of(last) - place_of(first)) // 8)
    return ascending(first, last)


def _sign(children: Any, scope: Scope) -> Any:
    symbol, operand = children
    value = _value(operand, scope)
    if not is_number(value):
        raise ExpressionError(f"{symbol} is not for {kind_of(value)}")
    if symbol == "+":
        return value
    return binary("*", -1.0, value) if isinstance(value, float) else binary("-", 0, value)


def _fallback(children: Any, scope: Scope) -> Any:
    value = _value(children[0], scope)
    return _value(children[1], scope) if value is None else value


def _pipe(children: Any, scope: Scope) -> Any:
    value, name, arguments = children
    return _called(str(name), [value, *_given(arguments)], scope)


def _call(children: Any, scope: Scope) -> Any:
    name, arguments = children[-2:]
    return _called(str(name), _given(arguments), scope)


def _given(arguments: Syntax) -> list[Any]:
    return [argument for argument in arguments.children if argument is not None]


def _called(name: str, arguments: list[Any], scope: Scope) -> Any:
    if name in PREDICATED:
        return _asked(name, arguments, scope)
    if name not in scope.functions:
        raise ExpressionError(_unknown(name, scope))
    function = scope.functions[name]
    return function(name, _weighed(name, arguments, scope, function.cost))


def _unknown(name: str, scope: Scope) -> str:
    if name in NOT_DONE:
        return f"{name}() is not done here: {NOT_DONE[name]}"
    return f"no function is called {name[:60]}{nearest(name, {**scope.functions, **PREDICATED})}"


def _weighed(name: str, arguments: list[Any], scope: Scope, times: int = 1) -> list[Any]:
    if any(argument.data == "predicate" for argument in arguments):
        raise ExpressionError(f"{name} takes no predicate")
    values = [_value(argument, scope) for argument in arguments]
    scope.budget.weigh(values, times)
    return values


def _asked(name: str, arguments: list[Any], scope: Scope) -> Any:
    function = PREDICATED[name]
    if not function.least <= len(arguments) <= function.most:
        wanted = str(function.most) if function.least == function.most else f"{function.least} to {function.most}"
        raise ExpressionError(f"{name} takes {wanted} argument(s), not {len(arguments)}")
    items, *rest = arguments
    ask = _ask(rest[0], scope) if rest else None
    return function(name, _value(items, scope), ask, _weighed(name, rest[1:], scope))


def _ask(predicate: Any, scope: Scope) -> Ask:
    body = predicate.children[0] if predicate.data == "predicate" else predicate

    def ask(item: Element) -> Any:
        return _value(body, replace(scope, item=item))

    return ask


def _pointer(children: Any, scope: Scope) -> Any:
    if scope.item is None:
        raise ExpressionError("# is for predicates only")
    return scope.item.pointed(str(children[0])[1:])


def _object(children: Any, scope: Scope) -> dict[str, Any]:
    """Of two entries of one name the first counts, as in expr-lang."""
    pairs = [entry.children for entry in children if entry is not None]
    return {_name(name, scope): _value(value, scope) for name, value in reversed(pairs)}


def _array(children: Any, scope: Scope) -> list[Any]:
    return [_value(child, scope) for child in children if child is not None]


def _name(found: Any, scope: Scope) -> str:
    if not isinstance(found, Token):
        return text_of(_value(found, scope))
    return string_of(found) if found.type == "STRING" else str(found)


def _variable(children: Any, scope: Scope) -> Any:
    name = str(children[0])
    if name == "$env":
        raise ExpressionError("$env is not given here: name what you want of it")
    return scope.names.get(name)


def _on_chain(way: Callable[[Any, Any, Scope], Any], *, may_be_nil: bool) -> Callable[[Any, Scope], Any]:
    """A link of a chain: what it comes to by the value before it, unless the chain has ended."""

    def link(children: Any, scope: Scope) -> Any:
        value = _chained(children[0], scope)
        ended = value is _ENDED or (may_be_nil and value is None)
        return _ENDED if ended else way(value, children, scope)

    return link


def _member(value: Any, children: Any, _: Scope) -> Any:
    return member(value, str(children[1]))


def _index(value: Any, children: Any, scope: Scope) -> Any:
    return index(value, _value(children[1], scope))


def _slice(value: Any, children: Any, scope: Scope) -> Any:
    start, end = (None if bound is None else _value(bound, scope) for bound in children[1:])
    return part(value, start, end)


def _method(value: Any, children: Any, scope: Scope) -> Any:
    name = str(children[1])
    methods = value.methods if isinstance(value, Native) else {}
    if name not in methods:
        raise ExpressionError(f"{kind_of(value)} has no method {name}{nearest(name, methods)}")
    function = methods[name]
    return function(name, _weighed(name, _given(children[2]), scope, function.cost), value)


#: Each rule of the grammar.
_RULES: Mapping[str, Callable[[Any, Scope], Any]] = {
    "let": _let,
    "after": _after,
    "choose": _choose,
    "elvis": _elvis,
    "pipe": _pipe,
    "either": _either,
    "both": _both,
    "binary": _binary,
    "compare": _compare,
    "unlike": _unlike,
    "within": _within,
    "outside": lambda children, scope: not _within(children, scope),
    "range": _range,
    "negate": lambda children, scope: not truth(_value(children[0], scope)),
    "sign": _sign,
    "fallback": _fallback,
    "member": _on_chain(_member, may_be_nil=False),
    "maybe_member": _on_chain(_member, may_be_nil=True),
    "index": _on_chain(_index, may_be_nil=False),
    "maybe_index": _on_chain(_index, may_be_nil=True),
    "slice": _on_chain(_slice, may_be_nil=False),
    "method": _on_chain(_method, may_be_nil=False),
    "maybe_method": _on_chain(_method, may_be_nil=True),
    "number": lambda children, _: number_of_token(children[0]),
    "string": lambda children, _: string_of(children[0]),
    "raw": lambda children, _: str(children[0])[1:-1],
    "true": lambda *_: True,
    "false": lambda *_: False,
    "nil": lambda *_: None,
    "name": _variable,
    "call": _call,
    "pointer": _pointer,
    "item_member": lambda children, scope: member(_pointer("#", scope), str(children[0])),
    "array": _array,
    "object": _object,
    "group": lambda children, scope: _value(children[0], scope),
}
