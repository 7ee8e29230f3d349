"""The kinds of promotion steps that are known here. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from promoter_view.promotions.steps.schema import load_schema
from promoter_view.promotions.steps.step import Step
from promoter_view.promotions.steps.update import USES as UPDATE
from promoter_view.promotions.steps.update import run_update
from promoter_view.promotions.steps.wait import USES as WAIT
from promoter_view.promotions.steps.wait import run_wait


def known_steps() -> Mapping[str, Step]:
    """Each kind of step under its ``uses``; reads their schemas."""
    return {
        UPDATE: Step(UPDATE, partial(run_update, schema=load_schema(UPDATE))),
        WAIT: Step(WAIT, partial(run_wait, schema=load_schema(WAIT))),
    }
