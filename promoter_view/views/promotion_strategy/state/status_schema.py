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
    "source": _list("The commits that it was made from, as its references name them.", {"type": "string"}),
    "subject": described("The first line of its message."),
    "author": described("The name of its author."),
    "url": described("The commit in the forge. Left out where the repository has no address of the web."),
}
_HYDRATED = {**_COMMIT, "hydratedSha": described("The hydrated commit that was made of it for this environment.")}
_REQUEST = {"id": described("The forge's number."), "url": described("Its page in the forge.")}

_WAITING_FOR = _object(
    "One thing that the environment waits for. What stems from members that you may not see is told by its kind alone, "
    'with the message "not visible to you".',
    ["kind", "message"],
    kind=described(f"One of {', '.join(ReasonKind)}."),
    key=described("The key of the check, the name of the RestoreActiveCommit, or the number of the pull request."),
    message=described(
        "What it is, in a sentence. It is never second-hand: of an environment that waits for others it "
        "names what holds those."
    ),
    environment=described("The branch of the environment that is waited for, where kind is order."),
    until=moment("When a clock lets it go. A time that has passed means that it is due and not reported yet."),
    url=described("Where to read more."),
)

_ENVIRONMENT = _object(
    "An environment.",
    ["branch", "name", "level", "dependsOn", "state", "since", "waitingFor"],
    branch=described("Its active branch."),
    name=described("The last part of the branch, or the whole where two would be equal."),
    level=_number("0 where it depends on no other environment, else 1 more than the greatest level of those."),
    dependsOn=_list("The branches of the environments that it waits for.", {"type": "string"}),
    state=described(f"In one word: {_WORDS}. It is the same for everybody, whichever members one may see."),
    since=moment("Since when it is in that state: when the change was recorded."),
    message=described("What it waits for in the first place, in a sentence. Left out where it waits for nothing."),
    live=_object(
        "The commit that is live. Left out where there is none.",
        ["sha"],
        **_HYDRATED,
        since=moment("When its hydrated commit was made."),
        pullRequest=_object("The pull request that brought it, where it is known.", ["id"], **_REQUEST),
    ),
    next=_object(
        "The commit that is proposed. Left out where that is live, or changes nothing here.",
        ["sha"],
        **_HYDRATED,
        pullRequest=_object(
            "The open pull request by which it comes in.", ["id"], **_REQUEST, state=described("Always open.")
        ),
    ),
    checks=_object(
        "How many checks there are: on what is proposed where there is a next commit, else on what is live.",
        ["passed", "pending", "failed"],
        passed=_number("Those that succeeded."),
        pending=_number("Those that are pending, those included that are asked for and not reported."),
        failed=_number("Those that failed."),
    ),
    waitingFor=_list("All that it waits for, the foremost first.", _WAITING_FOR),
)

#: The whole.
STATUS_SCHEMA: Mapping[str, Any] = _object(
    "How the strategy stands. Worked out with each change of what it depends on; since when is kept over restarts.",
    ["state", "since", "promoted", "total", "conditions"],
    state=described(
        f"In one word: Failed, Held or NeedsApproval if an environment is, else the state of the next environment in "
        f"promotion order that does not have the newest commit, else Verifying or UpToDate. One of {_WORDS}. It is the "
        "same for everybody, whichever members one may see; a field selector asks for it by status.state."
    ),
    since=moment("Since when it is that: when the change was recorded."),
    message=described("The environment that it comes from, and what that waits for. Left out where there is nothing."),
    newest=_object(
        "The newest dry commit that is proposed or live anywhere. Left out where there is none.",
        ["sha"],
        **_COMMIT,
        commitTime=moment("When it was made."),
    ),
    promoted=_number("How many environments have the newest commit."),
    total=_number("How many environments there are."),
    orderProblems=_list(
        "What of spec.environments and their dependsOn cannot be followed, such as an unknown branch or a circle: a "
        "sentence each, the first eight and how many more. Left out where all of it can be followed.",
        {"type": "string"},
    ),
    environments=_list("The environments in promotion order. Left out where there is none.", _ENVIRONMENT),
    conditions=schema(
        {
            "Promoted": "True where the newest commit is live and verified everywhere.",
            "Progressing": "True while it progresses without a person.",
            "NeedsAttention": "True where a person has to do something: Failed, Held or NeedsApproval.",
        }
    ),
    url=described("The dashboard's page of the strategy. Left out without --dashboard-url."),
)
