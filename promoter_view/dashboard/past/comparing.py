"""What changed between two moments, by strategy and environment, and by Stage. Pure; its template has the words."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.dashboard.page_table import page_path
from promoter_view.dashboard.strategies.commits import SHORT
from promoter_view.decoded import mapping, mappings, text
from promoter_view.reading.looks import BundleLook, looks_of
from promoter_view.records import Bundle, BundleKey
from promoter_view.views.contents import BundleContents, Readings

#: Of a strategy, or of a Stage, that was not there at one of the moments, or was another one of that name.
ADDED, DELETED, RECREATED, CHANGED = "added", "deleted", "recreated", "changed"


@dataclass(frozen=True, slots=True)
class PlaceState:
    """How something stood: in one word, and its commit or its Freight; both "" where it was not there."""

    state: str = ""
    sha: str = ""

    @property
    def short(self) -> str:
        """The sha as people say it; names of Freight are shas too, or as short as they are."""
        return self.sha[:SHORT]


@dataclass(frozen=True, slots=True)
class ComparedPlace:
    """An environment, or a Stage itself (``name`` "" then), at both moments."""

    branch: str
    name: str
    before: PlaceState
    after: PlaceState


@dataclass(frozen=True, slots=True)
class ComparedBundle:
    """A strategy or a Stage of which anything is otherwise; ``places`` are those of its environments that are."""

    key: BundleKey
    change: str
    before: str
    after: str
    places: tuple[ComparedPlace, ...]

    @property
    def path(self) -> str:
        """Its page, below the root."""
        return page_path(*self.key)

    def document(self) -> dict[str, Any]:
        """For scripts."""
        found: dict[str, Any] = {"view": self.key.view, "namespace": self.key.namespace, "name": self.key.name}
        found |= {"change": self.change, "before": {"state": self.before}, "after": {"state": self.after}}
        found["environments"] = [
            {"branch": it.branch, "name": it.name, "before": _told(it.before), "after": _told(it.after)}
            for it in self.places
            if it.branch
        ]
        freight = next((it for it in self.places if not it.branch), None)
        if freight is not None:
            found["freight"] = {"before": freight.before.sha, "after": freight.after.sha}
        return found


@dataclass(frozen=True, slots=True)
class ComparedMoments:
    """What the page shows; ``asked`` are both moments as they were asked for, ``told`` in full.

    ``versions`` are their resourceVersions, 0 for now. ``empty``: there was nothing at either.
    """

    asked: tuple[str, str]
    told: tuple[str, str]
    versions: tuple[int, int]
    namespace: str
    empty: bool
    found: Sequence[ComparedBundle]

    def at(self, compared: ComparedBundle) -> str:
        """The moment of which its page shows it, as a parameter: the earlier one where it was deleted; "" for now."""
        return str(self.versions[0 if compared.change == DELETED else 1] or "")


def compare_steps(
    before: Sequence[Bundle], after: Sequence[Bundle], readings: Readings
) -> Generator[None, None, list[ComparedBundle]]:
    """Those of which a state or a commit differs, by namespace and name; both are of one view. A bundle a step.

    What is the same bundle for the same reader is not made.
    """
    olds = yield from _placed(before)
    news = yield from _placed(after)
    found: list[ComparedBundle] = []
    for key in sorted(olds.keys() | news.keys()):
        old, new = olds.get(key), news.get(key)
        if old is None or new is None or not _is_same(old[1], new[1]):
            one, other = before[old[0]] if old else None, after[new[0]] if new else None
            if one is None or other is None or one.tail != other.tail:
                compared = _compare(key, one, other, readings)
                if compared is not None:
                    found.append(compared)
        yield
    return found


def _placed(bundles: Sequence[Bundle]) -> Generator[None, None, Mapping[BundleKey, tuple[int, BundleLook]]]:
    """Where each stands."""
    found = dict[BundleKey, tuple[int, BundleLook]]()
    for place, look in enumerate(looks_of(bundles)):
        found[look.key] = place, look
        yield
    return found


def _is_same(one: BundleLook, other: BundleLook) -> bool:
    return one.hidden == other.hidden and one.whole.tail == other.whole.tail


def _compare(key: BundleKey, old: Bundle | None, new: Bundle | None, readings: Readings) -> ComparedBundle | None:
    one, other = _read(old, readings), _read(new, readings)
    names = dict.fromkeys((*other.places, *one.places))
    places = [_place(branch, one, other) for branch in names]
    differing = tuple(place for place in places if place.before != place.after)
    change = CHANGED
    if old is None or new is None:
        change = ADDED if old is None else DELETED
    elif old.uid != new.uid:
        change = RECREATED
    if change is CHANGED and one.state == other.state and not differing:
        return None
    return ComparedBundle(key, change, one.state, other.state, differing)


@dataclass(frozen=True, slots=True)
class _Whole:
    state: str
    places: Mapping[str, tuple[str, PlaceState]]


def _place(branch: str, one: _Whole, other: _Whole) -> ComparedPlace:
    nothing = ("", PlaceState())
    (old_name, old), (new_name, new) = one.places.get(branch, nothing), other.places.get(branch, nothing)
    return ComparedPlace(branch, new_name or old_name, old, new)


def _read(bundle: Bundle | None, readings: Readings) -> _Whole:
    if bundle is None:
        return _Whole("", {})
    contents = BundleContents(bundle, readings)
    places = dict(contents.environments(_read_environment))
    freight = contents.root(_read_freight)
    if freight:
        places[""] = ("", PlaceState("", freight))
    return _Whole(contents.status(_read_state), places)


def _read_state(status: Mapping[str, Any]) -> str:
    return text(status, "state") or "Unknown"


def _read_environment(found: Mapping[str, Any]) -> tuple[str, tuple[str, PlaceState]]:
    standing = PlaceState(text(found, "state") or "Unknown", text(mapping(found, "live"), "sha"))
    return text(found, "branch"), (text(found, "name"), standing)


def _read_freight(root: Mapping[str, Any]) -> str:
    """The names of what the newest entry of a Stage's history names; "" of anything else."""
    newest = next(mappings(mapping(root, "status"), "freightHistory"), {})
    names = (text(piece, "name") for piece in mapping(newest, "items").values() if isinstance(piece, dict))
    return ", ".join(sorted(filter(None, names)))


def _told(standing: PlaceState) -> dict[str, str]:
    return {"state": standing.state, "sha": standing.sha}
