"""The states of an environment as docs/states.md prints them: the rows of the table, and its cases.

``python -m tests.views.promotion_strategy.state.states_page`` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from promoter_view.views.promotion_strategy.state.environment import EnvironmentFacts
from promoter_view.views.promotion_strategy.state.table import TABLE
from promoter_view.views.stage.availability import FreightState
from tests.support.views.state_cases import CASES, Case
from tests.support.views.strategies import Decoded, summarize

PAGE = Path(__file__).parents[4] / "docs" / "states.md"
_TEXT = """# States

Each environment of a PromotionStrategy is in one state. The state is one word, the same in the API, in tables of
kubectl, on pages and in streams. Pages write two words with a space: *Needs approval*, *Up to date*. One table
decides the state: `promoter_view/views/promotion_strategy/state/table.py`. `python -m
tests.views.promotion_strategy.state.states_page` writes this page, and a test compares it with the code.

- **Newest commit**: the dry commit with the latest `commitTime` among all that are proposed or active in the strategy.
- **Open**: `proposed.dry.sha` is set and is not `active.dry.sha`, and the hydration is not a no-op. A no-op has a
  `proposed.note.drySha` that is not `proposed.dry.sha`.
- **Has the newest commit**: it is `active.dry.sha`, or the `note.drySha` of a no-op.
- Checks on what is proposed count only while it is open. A key of `proposedCommitStatuses` that has no commit status is
  pending.

{rows}

If an environment is Failed, Held or NeedsApproval, the strategy has this state; the first of the three counts.
Otherwise the strategy has the state of the first environment in promotion order that does not have the newest commit.
If several environments of one level of `dependsOn` do not have it, the first state in this order counts: Unknown,
Behind, Queued, Checking, Waiting, Promoting, Verifying. If all have the newest commit, the strategy is Verifying
while one of them is, and UpToDate after that.

## Kinds of checks

| kind | which checks |
| --- | --- |
| order | the key of the gate that `spec.orderCommitStatusRef` names, else `promoter-previous-environment` |
| timer | the key of a TimedCommitStatus |
| window | the key of a ScheduledCommitStatus |
| approval | a key that the strategy, a gate or a CommitStatus marks |
| gate | the key of any other gate |
| check | any other key |

If a key is of several kinds, the first of them in this table counts. If a person approves by a key, mark it: with the
annotation `promoter-view.io/approval-keys: qa,security` on the PromotionStrategy, or with `promoter-view.io/approval:
"true"` on the gate or the CommitStatus.

## Cases

The message always names the first cause. If production waits for staging, and staging waits for development,
production shows what development waits for.

{cases}

## Freight of a Stage

If a Kargo Stage requests Freight and does not have it, the Freight is in one of these states. They are in
`availability` and `status.next` of StageDetails, on pages, and in `kubectl promotion`.
`promoter_view/stages/availability.py` decides the state, without the current time: if `until` has passed, the Stage
may take the Freight.

{freight}

"""


def stands(case: Case) -> EnvironmentFacts:
    """The environment that a case is about."""
    return summarize(Decoded(case.tree)).environments[-1]


def page() -> str:
    """The page as it is to be."""
    rows = (
        f"{place} | `{row.word}` | {row.condition} | {'yes' if row.word.needs_a_person else 'no'}"
        for place, row in enumerate(TABLE, 1)
    )
    cases = (
        f"{case.name} | `{found.state}` | {'; '.join(found.messages)}" for case in CASES for found in [stands(case)]
    )
    return _TEXT.format(
        rows=_table("# | state | when (the first that holds) | needs a person", rows),
        cases=_table("case | state | waits for", cases),
        freight=_table("state | when", (f"`{each}` | {each.meaning}" for each in FreightState)),
    )


def _table(heading: str, lines: Iterable[str]) -> str:
    return "\n".join(f"| {line} |" for line in (heading, " | ".join(["---"] * (heading.count("|") + 1)), *lines))


if __name__ == "__main__":
    PAGE.write_text(page())
