"""Artifacts of Freight by where they come from: what commitFrom, imageFrom, chartFrom and artifactFrom look up. Pure.

Which Freight is meant is settled by the Warehouses of the origins that the Stage requests: the one that subscribes to
the repository. None does: nil. More than one does: an error, unless the expression names the origin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.decoded import mapping, mappings, text
from promoter_view.promotions.expressions.json_texts import from_document
from promoter_view.promotions.expressions.values import ExpressionError, Function, Struct, kind_of, text_of
from promoter_view.promotions.steps.sources import normalize_url
from promoter_view.urls import public_url

#: Gives the Warehouse of that name of the Promotion's project; None for not found.
Warehouses = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class FreightArtifacts:
    """What a Promotion has to do with: the origins that its Stage requests, by name, their Warehouses, its Freight.

    ``freight`` are the references of its freight collection: origin, commits, images, charts.
    """

    requested: Sequence[str]
    warehouses: Warehouses
    freight: Sequence[Mapping[str, Any]]

    def functions(self) -> dict[str, Function]:
        """The functions that look artifacts up."""
        return {
            "warehouse": Function(_origin),
            "commitFrom": Function(self._commit, 1, 2),
            "imageFrom": Function(self._image, 1, 2),
            "chartFrom": Function(self._chart, 1, 3),
            "artifactFrom": Function(self._artifact, 1, 2),
        }

    def _commit(self, repo_url: Any, origin: Any = None) -> Struct | None:
        wanted = normalize_url(text_of(repo_url))
        return self._find(_COMMIT, lambda found: normalize_url(text(found, "repoURL")) == wanted, origin)

    def _image(self, repo_url: Any, origin: Any = None) -> Struct | None:
        wanted = public_url(text_of(repo_url))
        return self._find(_IMAGE, lambda found: public_url(text(found, "repoURL")) == wanted, origin)

    def _chart(self, repo_url: Any, name: Any = None, origin: Any = None) -> Struct | None:
        if origin is None and not isinstance(name, str):
            name, origin = "", name
        wanted = (public_url(text_of(repo_url)), text_of(name))

        def matches(found: Mapping[str, Any]) -> bool:
            return (public_url(text(found, "repoURL")), text(found, "name")) == wanted

        return self._find(_CHART, matches, origin)

    def _artifact(self, subscription: Any, origin: Any = None) -> Struct | None:
        """By the name of the subscription that has found it, to anything but Git, images and charts."""
        wanted = text_of(subscription)
        return self._find(_ARTIFACT, lambda found: bool(wanted) and _subscription_of(found) == wanted, origin)

    def _find(self, kind: _Kind, matches: Callable[[Mapping[str, Any]], bool], origin: Any) -> Struct | None:
        name = self._subscriber(kind, matches) if origin is None else _name_of(origin)
        held = [one for one in self.freight if text(one, "origin", "name") == name] if name else []
        found = (artifact for one in held for artifact in mappings(one, kind.list) if matches(artifact))
        return next((kind.struct(artifact) for artifact in found), None)

    def _subscriber(self, kind: _Kind, matches: Callable[[Mapping[str, Any]], bool]) -> str:
        """The origin whose Warehouse subscribes to it; "" for none."""
        found = [name for name in dict.fromkeys(self.requested) if self._subscribes(name, kind, matches)]
        if len(found) > 1:
            raise ExpressionError(
                f"several Warehouses could be meant ({', '.join(found)}): name one, by warehouse(...)"
            )
        return found[0] if found else ""

    def _subscribes(self, name: str, kind: _Kind, matches: Callable[[Mapping[str, Any]], bool]) -> bool:
        warehouse = self.warehouses(name)
        if warehouse is None:
            raise ExpressionError(f"Warehouse {name} is not found")
        subscriptions: Iterable[Mapping[str, Any]] = mappings(warehouse, "spec", "subscriptions")
        return any(matches(each) for one in subscriptions for each in kind.subscribed(one))


def _subscription_of(found: Mapping[str, Any]) -> str:
    """The name of a subscription, also as an artifact tells it."""
    return text(found, "subscriptionName") or text(found, "name")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of artifact: its list in Freight, its key in a subscription, and what expressions call its fields.

    A key of "" is any that no other kind has.
    """

    name: str
    list: str
    subscription: str
    fields: Mapping[str, str]

    def struct(self, artifact: Mapping[str, Any]) -> Struct:
        """The artifact as expressions see it; a field that it lacks is empty."""
        fields = {shown: from_document(artifact.get(name, "")) for shown, name in self.fields.items()}
        if self is not _CHART:
            fields["SubscriptionName"] = _subscription_of(artifact)
        return Struct(self.name, fields, artifact)

    def subscribed(self, subscription: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """What of a Warehouse's subscription may be one to this kind."""
        keys = [self.subscription] if self.subscription else [key for key in subscription if key not in _TYPED]
        return [mapping(subscription, key) for key in keys if key in subscription]


_TYPED = frozenset({"git", "image", "chart"})


_COMMIT = _Kind(
    "a commit",
    "commits",
    "git",
    {
        "RepoURL": "repoURL",
        "ID": "id",
        "Branch": "branch",
        "Tag": "tag",
        "Message": "message",
        "Author": "author",
        "Committer": "committer",
    },
)
_IMAGE = _Kind(
    "an image",
    "images",
    "image",
    {"RepoURL": "repoURL", "Tag": "tag", "Digest": "digest", "Annotations": "annotations"},
)
_CHART = _Kind(
    "a chart",
    "charts",
    "chart",
    {"RepoURL": "repoURL", "Name": "name", "Version": "version", "SubscriptionName": "subscriptionName"},
)
_ARTIFACT = _Kind(
    "an artifact", "artifacts", "", {"ArtifactType": "artifactType", "Version": "version", "Metadata": "metadata"}
)


def _origin(name: Any) -> Struct:
    if not text_of(name):
        raise ExpressionError("the name of a Warehouse must not be empty")
    document = {"kind": "Warehouse", "name": name}
    return Struct("an origin", {"Kind": "Warehouse", "Name": document["name"]}, document)


def _name_of(origin: Any) -> str:
    if isinstance(origin, Struct) and origin.kind == "an origin":
        return text(origin.fields, "Name")
    if isinstance(origin, dict) and text(origin, "name"):
        return text(origin, "name")
    raise ExpressionError(f"an origin is needed, as warehouse(...) gives one, not {kind_of(origin)}")
