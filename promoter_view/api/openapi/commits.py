"""The schema of CommitDetails, and the operations on its paths. Data only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promoter_view.api.openapi.meta import OBJECT_META
from promoter_view.api.openapi.paths import AT, NAMESPACE, PRETTY, Operation, Parameter
from promoter_view.api.openapi.schemas import Schema, described_reference
from promoter_view.api.openapi.views import schema_name
from promoter_view.kubernetes.openapi import GROUP_VERSION_KIND
from promoter_view.reading.commits.found import KIND, RESOURCE
from promoter_view.reading.commits.relations import CommitRelation
from promoter_view.reading.commits.search import MOST_BUNDLES, MOST_COMMITS
from promoter_view.views.definition import GROUP, VERSION

_SHA = Parameter("name", "string", "The commit's sha, or at least its first seven hexadecimal digits.", "path")
_NEWER = Parameter("resourceVersion", "string", "The answer must not be older than this.")


def commit_operations() -> Iterator[Operation]:
    """A get in a namespace, and one in all."""
    root = f"/apis/{GROUP}/{VERSION}"
    here = f"{root}/namespaces/{{namespace}}/{RESOURCE}/{{name}}"
    common = (_NEWER, AT, PRETTY, _SHA)
    told = "Find a commit in the objects that the user may list"
    everywhere = f"{told}, in all namespaces."
    yield _operation(f"{root}/{RESOURCE}/{{name}}", f"read{KIND}ForAllNamespaces", everywhere, common)
    yield _operation(here, f"readNamespaced{KIND}", f"{told}, in one namespace.", (*common, NAMESPACE))


def commit_schema() -> Schema:
    """That of CommitDetails."""
    return {
        "description": "CommitDetails says where a commit is: in which environments of which strategies, and in "
        "which Stages. It is computed for each request, from the objects that the user may list. Its name is the sha "
        "in the request.",
        "type": "object",
        "required": ["commits", "strategies", "stages"],
        "properties": {
            "kind": _text("The kind of this object."),
            "apiVersion": _text("The group and version of this object's kind."),
            "metadata": described_reference(
                OBJECT_META,
                "name is the sha in the request. namespace is the namespace that was searched; it is left out if all "
                "were. resourceVersion is the state that was searched.",
            ),
            "commits": _list(
                "The commits that were found. If several commits start with a short sha, these are all of them, "
                f"{MOST_COMMITS} at most.",
                _COMMIT,
            ),
            "strategies": _list(
                "The PromotionStrategies that have one of these commits, by namespace and name.", _STRATEGY
            ),
            "stages": _list("The Stages that have, will have or had Freight with one of these commits.", _STAGE),
            "knownSince": _time(
                "How far back the answer reaches: the time of the oldest commit that the searched objects keep."
            ),
            "leftOut": _object(
                "What is left out because there is too much.",
                {
                    "commits": _count("The number of further commits that were found."),
                    "objects": _count(
                        f"The number of further strategies and Stages that may have one of the "
                        f"commits: {MOST_BUNDLES} are searched."
                    ),
                },
            ),
        },
        GROUP_VERSION_KIND: [{"group": GROUP, "version": VERSION, "kind": KIND}],
    }


def _operation(path: str, name: str, description: str, parameters: tuple[Parameter, ...]) -> Operation:
    return Operation(path, "get", name, KIND, description, schema_name(KIND), parameters)


def _text(description: str) -> Schema:
    return {"description": description, "type": "string"}


def _time(description: str) -> Schema:
    return {"description": description, "type": "string", "format": "date-time"}


def _count(description: str) -> Schema:
    return {"description": description, "type": "integer"}


def _object(description: str, properties: Mapping[str, Any]) -> Schema:
    return {"description": description, "type": "object", "properties": dict(properties)}


def _list(description: str, item: Schema) -> Schema:
    return {"description": description, "type": "array", "items": item}


_RELATED = {
    "relation": _text(
        f"The relation of the commit to this environment or Stage: {', '.join(CommitRelation)}. delivered: it was "
        f"live, and a later commit is live now. overtaken: it was not live, as far as is known, and a later commit "
        f"is proposed or live."
    ),
    "liveSince": _time("When it went live, if it is or was live and the time is known."),
    "supersededBy": _text(
        "The sha of the commit that is live or proposed instead; for a Stage the name of its Freight."
    ),
}
_PLACED = {
    "namespace": _text("The namespace."),
    "name": _text("The name."),
    "state": _text("The state in one word."),
    "since": _time("Since when it is in that state."),
    "message": _text("Why it is in that state."),
    "commits": _list("The shas of the commits that it has.", {"type": "string"}),
}
_COMMIT = _object(
    "A commit, as an object of the cluster describes it.",
    {
        "sha": _text("The sha."),
        "subject": _text("The first line of its message."),
        "author": _text("Who made it."),
        "role": _text("dry, hydrated, source (a commit from which the dry one was made) or freight."),
        "time": _time("When it was made."),
    },
)
_WAITING_FOR = _object(
    "One thing that the environment waits for.",
    {
        "kind": _text("check, gate, order, approval, merge, timer, window, restore or hydration."),
        "key": _text("The key of the check."),
        "message": _text("What it waits for, in words."),
        "environment": _text("The environment that it waits for."),
        "until": _time("Until when it waits, if this is known."),
        "url": _text("Where to read more."),
    },
)
_STRATEGY = _object(
    "A PromotionStrategy.",
    {
        **_PLACED,
        "environments": _list(
            "Its environments in promotion order.",
            _object(
                "An environment.",
                {
                    "branch": _text("Its branch."),
                    "name": _text("Its short name."),
                    "state": _PLACED["state"],
                    "since": _PLACED["since"],
                    **_RELATED,
                    "waitingFor": _list("What it waits for.", _WAITING_FOR),
                    "knownSince": _time("The time of the oldest commit in its history."),
                },
            ),
        ),
    },
)
_STAGE = _object(
    "A Stage.",
    {**_PLACED, "freight": _list("The Freight with the commit, by alias or name.", {"type": "string"}), **_RELATED},
)
