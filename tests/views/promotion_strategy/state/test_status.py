"""The field ``status`` of a strategy: what it says, since when, to whom, and what a change of it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.records import Word
from promoter_view.slices import outcome
from promoter_view.views.promotion_strategy.state.status import STRATEGY_STATUS, assess_strategy
from promoter_view.views.promotion_strategy.state.words import StateWord
from promoter_view.views.status.memories import remember
from tests.support.views.state_cases import CASES, DEV, DONE, LINT, LIVE, ORDER, PROD, Case, held, prod
from tests.support.views.strategies import (
    JSON,
    LATER,
    NEW,
    OLD,
    Decoded,
    bundle,
    check,
    full_bundle,
    gate,
    history,
    places,
    policy,
    restore,
)

AT = 1_795_248_000  # 2026-11-21T08:00:00Z
HIDDEN = "not visible to you"


def told(tree: Any, *hidden: str, at: int = AT) -> dict[str, Any]:
    """The status of a bundle that is seen for the first time, at that time."""
    assessed = outcome(assess_strategy(Decoded(tree)))
    words = outcome(remember(None, assessed, uid="", at=at)).words
    found: dict[str, Any] = orjson.loads(b"".join(outcome(assessed.render(words, frozenset(hidden)))))
    return found


def full_policy() -> dict[str, Any]:
    """A policy with all that is told of commits and pull requests."""
    found = policy(
        PROD, active=OLD, proposed_checks=[LINT, check("unit", "success")], pull_request="open", deployed=LIVE
    )
    status = found["status"]
    status["pullRequest"] |= {"url": "https://git.example.com/app/pull/12", "prCreationTime": "2026-11-20T09:00:00Z"}
    for side, subject in (("active", "Fix"), ("proposed", "Add")):
        status[side]["dry"] |= {
            "subject": subject,
            "author": "Mei <mei@example.com>",
            "repoURL": "https://git.example.com/app.git",
            "references": [{"commit": {"sha": "9" * 40}}, {}],
        }
    status["proposed"]["hydrated"] = {"sha": "e" * 40, "commitTime": LATER}
    return found


def test_all_that_it_says() -> None:
    """The whole, and of an environment what is live, what is next, how many checks, what it waits for."""
    merged = {"pullRequest": {"id": "11", "state": "merged", "url": "https://git.example.com/app/pull/11"}}
    tree = bundle(full_policy(), changeTransferPolicyHistories=[history(PROD, merged)])
    found = told(tree)
    message = "check lint is pending: it runs"
    commit = {"source": ["9" * 40], "author": "Mei"}
    assert found == {
        "state": "Checking",
        "since": "2026-11-20T09:00:00Z",
        "message": f"production: {message}" if PROD.endswith("production") else f"prod: {message}",
        "newest": {
            "sha": NEW,
            **commit,
            "subject": "Add",
            "url": f"https://git.example.com/app/commit/{NEW}",
            "commitTime": LATER,
        },
        "promoted": 0,
        "total": 1,
        "environments": [
            {
                "branch": PROD,
                "name": "prod",
                "level": 0,
                "dependsOn": [],
                "state": "Checking",
                "since": "2026-11-20T09:00:00Z",
                "message": message,
                "live": {
                    "sha": OLD,
                    "hydratedSha": LIVE,
                    **commit,
                    "subject": "Fix",
                    "url": f"https://git.example.com/app/commit/{OLD}",
                    "since": LATER,
                    "pullRequest": {"id": "11", "url": "https://git.example.com/app/pull/11"},
                },
                "next": {
                    "sha": NEW,
                    "hydratedSha": "e" * 40,
                    **commit,
                    "subject": "Add",
                    "url": f"https://git.example.com/app/commit/{NEW}",
                    "pullRequest": {"id": "12", "url": "https://git.example.com/app/pull/12", "state": "open"},
                },
                "checks": {"passed": 1, "pending": 1, "failed": 0},
                "waitingFor": [{"kind": "check", "key": "lint", "message": message}],
            }
        ],
        "conditions": [
            {
                "type": "Promoted",
                "status": "False",
                "reason": "Checking",
                "message": f"prod: {message}",
                "lastTransitionTime": "2026-11-20T09:00:00Z",
            },
            {
                "type": "Progressing",
                "status": "True",
                "reason": "Checking",
                "message": f"prod: {message}",
                "lastTransitionTime": "2026-11-20T09:00:00Z",
            },
            {
                "type": "NeedsAttention",
                "status": "False",
                "reason": "Checking",
                "message": "",
                "lastTransitionTime": "2026-11-20T09:00:00Z",
            },
        ],
    }


def test_what_was_merged_last_brought_what_is_live() -> None:
    """The policy itself may tell of it, as long as no other pull request is there."""
    (environment,) = told(bundle(policy(active=NEW, pull_request="merged")))["environments"]
    assert environment["live"]["pullRequest"] == {"id": "12"}
    (environment,) = told(bundle(policy(active=NEW)))["environments"]
    assert "pullRequest" not in environment["live"]


def test_a_pull_request_without_a_number_is_none() -> None:
    """Nothing is said of a pull request that cannot be named."""
    policy = full_policy()
    del policy["status"]["pullRequest"]["id"]
    assert "pullRequest" not in told(bundle(policy))["environments"][0]["next"]


@pytest.mark.parametrize(
    ("word", "verdicts"),
    [
        ("UpToDate", "True False False"),
        ("Failed", "False False True"),
        ("Held", "False False True"),
        ("NeedsApproval", "False False True"),
        ("Unknown", "False False False"),
        *((word, "False True False") for word in ("Queued", "Checking", "Waiting", "Promoting", "Verifying", "Behind")),
    ],
)
def test_conditions(word: str, verdicts: str) -> None:
    """Promoted, Progressing and NeedsAttention follow from the state of the whole."""
    seen = [found for case in CASES if (found := told(case.tree))["state"] == word]
    assert seen or word not in set(StateWord)
    for found in seen:
        assert " ".join(each["status"] for each in found["conditions"]) == verdicts
        assert {each["reason"] for each in found["conditions"]} == {word}


def test_since_the_objects_tell() -> None:
    """Of what is seen for the first time; where they do not tell, since it was seen, which it never is before."""
    live = policy(DEV, active=NEW, deployed=LIVE)
    assert [each["since"] for each in told(bundle(live, policy(PROD)))["environments"]] == [
        LATER,
        "2026-11-21T08:00:00Z",
    ]
    assert told(bundle(live))["since"] == LATER
    assert told(bundle(live), at=AT - 10**6)["since"] == "2026-11-09T18:13:20Z"


TIMED = [{"branch": DEV, "phase": "pending", "commitTime": "2026-11-20T10:00:00Z", "requiredDuration": "1h30m"}]
CLOSED = [
    {
        "branch": PROD,
        "phase": "pending",
        "next": {"allow": "0 9 * * *", "transition": "2026-11-22T09:00:00+01:00"},
    }
]


def test_until() -> None:
    """A clock says when it lets go, in UTC; so does who waits for an environment that it holds."""
    dev = policy(DEV, active=NEW, active_checks=[check("soak", "pending")])
    tree = prod(dev, proposed_checks=[ORDER, check("nights", "pending")])
    tree["timedCommitStatuses"] = [gate("soak", "TimedCommitStatus", key="soak", environments=TIMED)]
    tree["scheduledCommitStatuses"] = [gate("nights", "ScheduledCommitStatus", key="nights", environments=CLOSED)]
    first, last = told(tree)["environments"]
    assert [each["until"] for each in first["waitingFor"]] == ["2026-11-20T11:30:00Z"]
    assert [(each["kind"], each["until"]) for each in last["waitingFor"]] == [
        ("order", "2026-11-20T11:30:00Z"),
        ("window", "2026-11-22T08:00:00Z"),
    ]


def test_to_who_may_not_see_policies() -> None:
    """Words, times, conditions and counts are those of the whole; of reasons their kinds stay."""
    tree = prod(DONE, proposed_checks=[LINT, check("qa", "pending")], deployed=LIVE)
    whole, seen = told(tree), told(tree, "ChangeTransferPolicy")
    for name in ("state", "since", "promoted", "total"):
        assert seen[name] == whole[name]
    assert (seen["message"], "newest" in seen) == (HIDDEN, False)
    assert [each["status"] for each in seen["conditions"]] == [each["status"] for each in whole["conditions"]]
    assert {each["message"] for each in seen["conditions"]} == {HIDDEN, ""}
    assert seen["environments"][1] == {
        "branch": PROD,
        "name": "prod",
        "level": 1,
        "dependsOn": [DEV],
        "state": "Checking",
        "since": whole["environments"][1]["since"],
        "message": HIDDEN,
        "waitingFor": [{"kind": "check", "message": HIDDEN}, {"kind": "approval", "message": HIDDEN}],
    }


@pytest.mark.parametrize(
    ("tree", "kind", "hidden"),
    [
        (held(restore(branch=PROD)), "RestoreActiveCommit", ["restore"]),
        (prod(DONE, proposed_checks=[check("soak", "pending")]), "TimedCommitStatus", ["timer"]),
        (prod(DONE, proposed_checks=[check("soak", "pending"), LINT]), "TimedCommitStatus", ["timer"]),
        (prod(policy(DEV), proposed_checks=[ORDER]), "DependentsSuccessfulCommitStatus", ["order"]),
        (
            prod(policy(DEV, active=NEW, active_checks=[check("soak", "pending")]), proposed_checks=[ORDER]),
            "TimedCommitStatus",
            ["order"],
        ),
        (prod(DONE, proposed_checks=[LINT]), "TimedCommitStatus", []),
        (prod(DONE, proposed_checks=[LINT]), "PullRequest", []),
    ],
)
def test_to_who_may_not_see_others(tree: dict[str, Any], kind: str, hidden: list[str]) -> None:
    """What stems from members of a kind goes, at second hand too; the rest stays."""
    whole, seen = told(tree)["environments"][-1], told(tree, kind)["environments"][-1]
    assert [each["kind"] for each in seen["waitingFor"] if each["message"] == HIDDEN] == hidden
    assert seen["live"] == whole["live"]
    first_is_hidden = bool(hidden) and whole["waitingFor"][0]["kind"] == hidden[0]
    assert seen["message"] == (HIDDEN if first_is_hidden else whole["message"])


def test_to_who_may_not_see_what_holds_the_last_of_very_many() -> None:
    """The message may be made of one that is waited for, and that has no reason of its own any more: it goes too."""
    early = [f"environment/e{number}" for number in range(120)]
    soaks = policy(early[-1], active=NEW, active_checks=[check("soak", "pending")])
    tree = bundle(
        *(policy(branch) for branch in early[:-1]),
        soaks,
        policy(PROD, active=OLD, proposed_checks=[ORDER]),
        timedCommitStatuses=[gate("soak", "TimedCommitStatus", key="soak", environments=[])],
    )
    named = [{"branch": branch} for branch in early]
    tree["promotionStrategy"]["spec"]["environments"] = [*named, {"branch": PROD, "dependsOn": early}]
    whole = told(tree)["environments"][-1]
    assert "timer soak is pending" in whole["message"]
    assert "soak" not in orjson.dumps([each for each in whole["waitingFor"] if each["kind"] == "order"]).decode()
    seen = told(tree, "TimedCommitStatus")
    assert seen["environments"][-1]["message"] == HIDDEN
    assert "timer soak" not in orjson.dumps(seen).decode()


def test_what_a_history_tells_is_hidden_with_it() -> None:
    """The pull request that brought what is live."""
    tree = bundle(full_policy(), changeTransferPolicyHistories=[history(PROD, {"pullRequest": {"id": "11"}})])
    assert "pullRequest" in told(tree)["environments"][0]["live"]
    assert "pullRequest" not in told(tree, "ChangeTransferPolicyHistory")["environments"][0]["live"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_everything_is_in_the_schema(case: Case) -> None:
    """Each key of each case is described, what is required is there, and nothing has another type."""
    assert list(flaws(told(case.tree), STRATEGY_STATUS.schema)) == []
    assert list(flaws(told(bundle(full_policy())), STRATEGY_STATUS.schema)) == []


TYPES = {"string": str, "integer": int, "array": list, "object": dict}


def flaws(value: Any, schema: Mapping[str, Any], path: str = "status") -> Iterator[str]:
    """What of a document is not as its schema has it."""
    if not isinstance(value, TYPES[schema["type"]]):
        yield f"{path} is no {schema['type']}"
    if "items" not in schema and path.count("[") == 0 and "description" not in schema:
        yield f"{path} is not described"
    if isinstance(value, list):
        for each in value:
            yield from flaws(each, schema["items"], f"{path}[]")
    if isinstance(value, dict):
        known = schema["properties"]
        yield from (f"{path}.{name} is missing" for name in schema.get("required", ()) if name not in value)
        yield from (f"{path}.{name} is not known" for name in value if name not in known)
        for name in value.keys() & known.keys():
            yield from flaws(value[name], known[name], f"{path}.{name}")


def test_a_change_of_one_of_many_makes_one_piece_anew() -> None:
    """The others are the very same bytes, and the words around them are a piece of their own."""
    trees = [
        bundle(*(policy(f"e{n}", proposed_checks=[LINT] if n == changed else []) for n in range(50)))
        for changed in (None, 7)
    ]
    words: dict[str, Word] = {}
    rendered = []
    for tree in trees:
        assessed = outcome(assess_strategy(Decoded(tree)))
        words = {of: Word(value, AT) for of, value in assessed.words.items()}
        rendered.append(outcome(assessed.render(words)))
    differing = [place for place, pair in enumerate(zip(*rendered, strict=True)) if pair[0] != pair[1]]
    assert len(differing) <= 3


@given(st.data())
def test_any_shape_has_a_status(data: st.DataObject) -> None:
    """Whatever stands in any place of a bundle, there is a status, and it is as its schema has it."""
    tree = full_bundle()
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(tree)))
        container[key] = data.draw(JSON)
    assert list(flaws(told(tree), STRATEGY_STATUS.schema)) == []


@pytest.mark.parametrize(
    ("environments", "problem"),
    [
        ({"dev": ["nowhere"]}, "dev depends on nowhere, which is no environment: that is left out."),
        ({"dev": ["prod"], "prod": ["dev"]}, "dev depends on prod, which waits for it in turn: that is left out."),
        ({"dev": ["dev"]}, "dev depends on itself: that is left out."),
    ],
)
def test_what_of_depends_on_cannot_be_followed_is_said(environments: Mapping[str, list[str]], problem: str) -> None:
    """It is in the object, once; where all can be followed there is nothing to say."""
    tree = bundle(*(policy(branch) for branch in environments))
    assert "orderProblems" not in told(tree)
    listed = [{"branch": branch, "dependsOn": wanted} for branch, wanted in environments.items()]
    tree["promotionStrategy"]["spec"]["environments"] = listed
    assert told(tree)["orderProblems"] == [problem]


def test_a_message_has_a_sane_length_whatever_it_names() -> None:
    """A branch of 30,000 characters is told in full as what it is, and not again in messages."""
    branch = "b" * 30_000
    tree = bundle(policy(branch, active_checks=[check("k" * 30_000, "failure", description="d" * 30_000)]))
    found = told(tree)
    messages = [found["message"], *(each["message"] for each in found["conditions"])]
    messages += [each["message"] for env in found["environments"] for each in (env, *env["waitingFor"])]
    assert max(map(len, messages)) == 500
    assert found["message"].startswith("b" * 57 + "...: active check kkk")
    assert found["message"].endswith("...")
