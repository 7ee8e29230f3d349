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
    told = "Tell where a commit is, in what one may list"
    everywhere = f"{told}, in all namespaces."
    yield _operation(f"{root}/{RESOURCE}/{{name}}", f"read{KIND}ForAllNamespaces", everywhere, common)
    yield _operation(here, f"readNamespaced{KIND}", f"{told}, in one namespace.", (*common, NAMESPACE))


def commit_schema() -> Schema:
    """That of CommitDetails."""
    return {
        "description": "CommitDetails tells where a commit is: in which environments of which strategies, and in which "
        "Stages. It is computed when it is asked for, of what one may list; its name is the sha as it was asked for.",
        "type": "object",
        "required": ["commits", "strategies", "stages"],
        "properties": {
            "kind": _text("The kind of this object."),
            "apiVersion": _text("The group and version of this object's kind."),
            "metadata": described_reference(
                OBJECT_META,
                "name is the sha as it was asked for, namespace where it was looked for, none for everywhere; "
                "resourceVersion is that as of which it is told.",
            ),
            "commits": _list(
                "The commits that are meant: several where a short sha is the beginning of several, "
                f"{MOST_COMMITS} at most.",
                _COMMIT,
            ),
            "strategies": _list("The PromotionStrategies that name one of them, by namespace and name.", _STRATEGY),
            "stages": _list("The Stages that have, are to have or had Freight with one of them.", _STAGE),
            "knownSince": _time(
                "How far back can be told: the time of the oldest commit that is kept where it was looked for."
            ),
            "leftOut": _object(
                "What is left out where there is too much.",
                {
                    "commits": _count("Commits that are meant too."),
                    "objects": _count(f"Strategies and Stages that may name one too: {MOST_BUNDLES} are looked at."),
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
        f"What the commit is there: {', '.join(CommitRelation)}. delivered was live, and a later one is live now; "
        "overtaken was not, as far as is known, and a later one went ahead."
    ),
    "liveSince": _time("When it went live, where it is or was, and that is told."),
    "supersededBy": _text(
        "The sha of the commit that is there, or comes, instead; of a Stage the name of its Freight."
    ),
}
_PLACED = {
    "namespace": _text("The namespace."),
    "name": _text("The name."),
    "state": _text("How it stands, in one word."),
    "since": _time("Since when it is in that state."),
    "message": _text("Why it is in that state."),
    "commits": _list("Those of the commits that it names, by sha.", {"type": "string"}),
}
_COMMIT = _object(
    "A commit as an object of the cluster tells of it.",
    {
        "sha": _text("The sha."),
        "subject": _text("The first line of its message."),
        "author": _text("Who made it."),
        "role": _text("dry, hydrated, source (a commit that the dry one came of) or freight."),
        "time": _time("When it was made."),
    },
)
_WAITING_FOR = _object(
    "What an environment waits for.",
    {
        "kind": _text("check, gate, order, approval, merge, timer, window, restore or hydration."),
        "key": _text("The key of the check."),
        "message": _text("What it waits for, in words."),
        "environment": _text("The environment that it waits for."),
        "until": _time("Until when it waits, where that is known."),
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
                    "knownSince": _time("The time of the oldest commit that is kept of it."),
                },
            ),
        ),
    },
)
_STAGE = _object(
    "A Stage.",
    {**_PLACED, "freight": _list("The Freight that is meant, by alias or name.", {"type": "string"}), **_RELATED},
)
