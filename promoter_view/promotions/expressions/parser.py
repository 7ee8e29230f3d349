"""Reads expressions: text to syntax tree, by the grammar in grammar.lark. Pure."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TypeAlias

from lark import Lark, Token, Tree
from lark.exceptions import LarkError, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from promoter_view.promotions.expressions.scope import Budget
from promoter_view.promotions.expressions.values import ExpressionError

#: Longer than any expression that somebody wrote.
MAX_EXPRESSION = 4_000
_CACHED = 1024
_SHOWN = 60

Syntax: TypeAlias = Tree[Token]


class ExpressionParser:
    """The parser, and the trees of the expressions that it read last. Trees are not changed by whoever gets them."""

    def __init__(self) -> None:
        grammar = resources.files("promoter_view.promotions.expressions").joinpath("grammar.lark").read_text("utf-8")
        self._lark = Lark(grammar, parser="lalr")
        self._kept = lru_cache(_CACHED)(self._parse)

    def parse(self, expression: str, budget: Budget) -> Syntax:
        """The syntax tree of an expression. One that was not met before costs its length. Errors: ExpressionError."""
        before = self._kept.cache_info().misses
        tree = self._kept(expression)
        if self._kept.cache_info().misses > before:
            budget.read(len(expression))
        return tree

    def _parse(self, expression: str) -> Syntax:
        """Errors: ExpressionError, which says where it cannot be read on."""
        shown = expression.strip()[:_SHOWN]
        if not shown:
            raise ExpressionError("an expression is empty")
        if len(expression) > MAX_EXPRESSION:
            raise ExpressionError(f"an expression of {len(expression)} characters is too long: {shown}...")
        try:
            return self._lark.parse(expression)
        except LarkError as error:
            raise ExpressionError(f"cannot read the expression {shown}: {_why(error)}") from error


def _why(error: LarkError) -> str:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        return f'unexpected "{str(error.token)[:_SHOWN]}" at character {error.column}'
    if isinstance(error, UnexpectedCharacters):
        return f"unexpected {error.char!r} at character {error.column}"
    return "it ends too early" if isinstance(error, UnexpectedEOF | UnexpectedToken) else "it has no such form"
