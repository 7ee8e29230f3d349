"""The functions that every expression has; what knows of a Promotion comes beside them (promotion.py). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from promoter_view.promotions.expressions.library.arrays import ARRAYS
from promoter_view.promotions.expressions.library.conversions import CONVERSIONS
from promoter_view.promotions.expressions.library.moments import MOMENTS
from promoter_view.promotions.expressions.library.numbers import NUMBERS
from promoter_view.promotions.expressions.library.quoting import QUOTING
from promoter_view.promotions.expressions.library.texts import TEXTS
from promoter_view.promotions.expressions.library.versions import VERSIONS
from promoter_view.promotions.expressions.values import Function

FUNCTIONS: Mapping[str, Function] = {**TEXTS, **ARRAYS, **NUMBERS, **CONVERSIONS, **MOMENTS, **QUOTING, **VERSIONS}

#: Functions of Kargo that there are not, each with why.
NOT_DONE: Mapping[str, str] = {
    "secret": "Secrets are not read",
    "sharedSecret": "Secrets are not read",
    "repoCredentials": "Secrets are not read",
    "configMap": "ConfigMaps are not read",
    "sharedConfigMap": "ConfigMaps are not read",
}
