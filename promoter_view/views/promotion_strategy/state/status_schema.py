"""The OpenAPI schema of the field ``status`` of PromotionStrategyDetails, in words for users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.views.promotion_strategy.state.kinds import ReasonKind
from promoter_view.views.promotion_strategy.state.words import StateWord
from promoter_view.views.status.conditions import described, moment, schema

_WORDS = ", ".join(StateWord)
_Schema = dict[str, Any]


def _object(description: str, required: list[str], **properties: _Schema) -> _Schema:
    found = {"description": description, "type": "object", "properties": properties}
    return found | ({"required": required} if required else {})


def _list(description: str, items: _Schema) -> _Schema:
    return {"description": description, "type": "array", "items": items}


def _number(description: str) -> _Schema:
    return {"description": description, "type": "integer", "format": "int64"}


_COMMIT = {
    "sha": described("The dry commit."),
    "source": _list("The commits from which it was made, by its references.", {"type": "string"}),
    "subject": described("The first line of its message."),
    "author": described("The name of its author."),
    "url": described("The page of the commit on the SCM. Left out if the repository has no web address."),
}
_HYDRATED = {**_COMMIT, "hydratedSha": described("The hydrated commit that was made from it for this environment.")}
_REQUEST = {"id": described("The number on the SCM."), "url": described("Its page on the SCM.")}

_WAITING_FOR = _object(
    "One thing that the environment waits for. If it comes from members that you may not see, it has only its kind and "
    'the message "not visible to you".',
    ["kind", "message"],
    kind=described(f"One of {', '.join(ReasonKind)}."),
    key=described("The key of the check, the name of the RestoreActiveCommit, or the number of the pull request."),
    message=described("The reason in a sentence. If the environment waits for others, it names what blocks those."),
    environment=described("The branch of the environment that it waits for, if kind is order."),
    until=moment("When the timer or window opens. If this time has passed, the controller has not reported it yet."),
    url=described("Where to read more."),
)

_ENVIRONMENT = _object(
    "An environment.",
    ["branch", "name", "level", "dependsOn", "state", "since", "waitingFor"],
    branch=described("Its active branch."),
    name=described("The last part of the branch, or the whole branch if two would be equal."),
    level=_number("0 if it depends on no other environment; otherwise 1 more than the greatest level of these."),
    dependsOn=_list("The branches of the environments that it waits for.", {"type": "string"}),
    state=described(
        f"In one word: {_WORDS}. It is the same for everybody, also for users who may not see all members."
    ),
    since=moment("Since when it is in this state: the time when the change was recorded."),
    message=described("The first thing that it waits for, in a sentence. Left out if it waits for nothing."),
    live=_object(
        "The commit that is live. Left out if there is none.",
        ["sha"],
        **_HYDRATED,
        since=moment("When its hydrated commit was made."),
        pullRequest=_object("The pull request that brought it, if it is known.", ["id"], **_REQUEST),
    ),
    next=_object(
        "The commit that is proposed. Left out if it is live, or changes nothing here.",
        ["sha"],
        **_HYDRATED,
        pullRequest=_object("The open pull request with it.", ["id"], **_REQUEST, state=described("Always open.")),
    ),
    checks=_object(
        "The number of checks: of the next commit if there is one, otherwise of the live commit.",
        ["passed", "pending", "failed"],
        passed=_number("Checks that succeeded."),
        pending=_number("Checks that are pending, including required checks that nothing has reported."),
        failed=_number("Checks that failed."),
    ),
    waitingFor=_list("Everything that it waits for, the most important first.", _WAITING_FOR),
)

#: The whole.
STATUS_SCHEMA: Mapping[str, Any] = _object(
    "The summary of the strategy. It is computed at each change of what it depends on. The field since survives "
    "restarts.",
    ["state", "since", "promoted", "total", "conditions"],
    state=described(
        f"In one word: if an environment is Failed, Held or NeedsApproval, this state; else the state of the next "
        f"environment in promotion order that does not have the newest commit; else Verifying or UpToDate. One of "
        f"{_WORDS}. It is the "
        "same for everybody, whichever members one may see; use the field selector status.state to select by it."
    ),
    since=moment("Since when it is in this state: the time when the change was recorded."),
    message=described(
        "The environment that causes the state, and what it waits for. Left out if there is nothing to say."
    ),
    newest=_object(
        "The newest dry commit that is proposed or live anywhere. Left out if there is none.",
        ["sha"],
        **_COMMIT,
        commitTime=moment("When it was made."),
    ),
    promoted=_number("How many environments have the newest commit."),
    total=_number("How many environments there are."),
    orderProblems=_list(
        "The parts of spec.environments and their dependsOn that cannot be used, such as an unknown branch or a "
        "cycle: one sentence each, the first eight and the number of others. Left out where all of it can be followed.",
        {"type": "string"},
    ),
    environments=_list("The environments in promotion order. Left out if there are none.", _ENVIRONMENT),
    conditions=schema(
        {
            "Promoted": "True if the newest commit is live and verified everywhere.",
            "Progressing": "True while it progresses without a person.",
            "NeedsAttention": "True if a person has to act: Failed, Held or NeedsApproval.",
        }
    ),
    url=described("The dashboard's page of the strategy. Left out without --dashboard-url."),
)
