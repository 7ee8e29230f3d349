"""What each request may see: one sight an identity, shared by all of its requests, and masks that all share.

On the API's port everybody who is admitted sees the bundles that he asked for, with ``--member-authorization`` the
members that he may get. On the dashboard's it is also the namespaces in which he may list and watch.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from twisted.internet.interfaces import IReactorTime

from promoter_view.access.admission import Admission, Attributes
from promoter_view.access.authorization import AccessReviews
from promoter_view.access.identity import Identity
from promoter_view.boundaries import ViewReader
from promoter_view.kubernetes.kinds import Kind
from promoter_view.reading.sight import Question, Sight
from promoter_view.reading.sighted import SightedViews
from promoter_view.views.definition import GROUP, VERSION, ViewDefinition
from promoter_view.views.member_mask import MemberMask

#: How long an answer about members counts: nothing is shown by an older one.
SECONDS = 60.0
#: Of bundles, with the age of a stream's last look (30 s): a right that is lost is lost within a minute.
BUNDLE_SECONDS = 25.0
#: An identity's answers take some 100 bytes a namespace.
_MAX_SIGHTS = 1024
#: Who sees all bundles there are has a list and a watch.
_VERBS = ("list", "watch")


class Sights:
    """Gives each request what it reads the views through. ``reviews`` None: everybody sees everything.

    Else they are the cluster's word, and need keep no answers. ``definitions`` gives the views' as they are now, by
    plural: another object when they change.
    ``members`` are shown to those only who may get them, ``bundles`` to those only who are allowed those ``verbs``.
    """

    def __init__(
        self,
        views: ViewReader,
        definitions: Callable[[], Mapping[str, ViewDefinition]],
        reviews: AccessReviews | None,
        *,
        clock: IReactorTime,
        members: bool = False,
        bundles: bool = False,
        verbs: Sequence[str] = _VERBS,
        max_sights: int = _MAX_SIGHTS,
    ) -> None:
        self._views = views
        self._reviews = reviews
        self._clock = clock
        self._members, self._bundles, self._verbs = members, bundles, verbs
        self._seconds = BUNDLE_SECONDS if bundles else SECONDS
        self._max_sights = max_sights
        self._masks = _Masks(definitions)
        self._questions = _Questions(definitions, verbs=verbs if bundles else (), members=members)
        self._sights: OrderedDict[tuple[Identity, frozenset[str]], Sight] = OrderedDict()

    def over(self, views: ViewReader, definitions: Callable[[], Mapping[str, ViewDefinition]]) -> Sights:
        """The same, by the cluster's word of now, of other views: those of a moment of the past."""
        return Sights(
            views,
            definitions,
            self._reviews,
            clock=self._clock,
            members=self._members,
            bundles=self._bundles,
            verbs=self._verbs,
            max_sights=self._max_sights,
        )

    def of(self, admission: Admission, *views: str) -> SightedViews:
        """Those views as whoever was admitted may see them."""
        return SightedViews(self._views, self._masks, self.sight(admission.identity, *views), admission)

    def sight(self, identity: Identity, *views: str) -> Sight:
        """What that identity may see of the views together; the one that was not needed for longest goes first."""
        key = (identity, frozenset(views))
        found = self._sights.get(key)
        if found is None:
            found = self._sights[key] = self._make(identity, views)
            if len(self._sights) > self._max_sights:
                self._sights.popitem(last=False)
        else:
            self._sights.move_to_end(key)
        return found

    def _make(self, identity: Identity, views: Sequence[str]) -> Sight:
        # Not of these sights, which hold it: what a moment of the past holds goes with its last reader.
        seen = self._views
        return Sight(
            identity,
            partial(self._questions.of, tuple(views)),
            self._reviews,
            views=views,
            seconds=self._seconds,
            clock=self._clock,
            populated=lambda: {bundle.key.namespace for view in views for bundle in seen.list(view)},
            head=lambda: seen.head,
        )


class _Masks(Mapping[str, MemberMask]):
    """One a view, of its definition as it is now."""

    def __init__(self, definitions: Callable[[], Mapping[str, ViewDefinition]]) -> None:
        self._definitions = definitions
        self._known: Mapping[str, ViewDefinition] = {}
        self._masks: Mapping[str, MemberMask] = {}

    def __getitem__(self, view: str) -> MemberMask:
        return self._now()[view]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> Mapping[str, MemberMask]:
        definitions = self._definitions()
        if definitions is not self._known:
            self._known = definitions
            self._masks = {view: MemberMask(it) for view, it in definitions.items()}
        return self._masks


class _Questions:
    """What is to be asked of views, by their definitions as they are now."""

    def __init__(
        self, definitions: Callable[[], Mapping[str, ViewDefinition]], *, verbs: Sequence[str], members: bool
    ) -> None:
        self._definitions = definitions
        self._verbs = verbs
        self._members = members
        self._known: Mapping[str, ViewDefinition] = {}
        self._kept: dict[tuple[str, ...], Sequence[Question]] = {}

    def of(self, views: tuple[str, ...]) -> Sequence[Question]:
        """Those of the views together, each once; the same object as long as they are the same."""
        definitions = self._definitions()
        if definitions is not self._known:
            self._known = definitions
            self._kept.clear()
        kept = self._kept.get(views)
        if kept is None:
            found = (question for view in views for question in self._of_one(definitions[view]))
            kept = self._kept[views] = tuple(dict.fromkeys(found))
        return kept

    def _of_one(self, it: ViewDefinition) -> Iterator[Question]:
        if self._verbs:
            asked = (_wanted(verb, GROUP, VERSION, it.plural) for verb in self._verbs)
            yield Question(it.plural, tuple(asked))
        if self._members:
            yield from (_to_get(it.resource(member.kind), elsewhere=member.elsewhere) for member in it.members)
            yield from (_to_get(it.resource(kind.kind)) for kind in it.departed)


def _to_get(kind: Kind, *, elsewhere: bool = False) -> Question:
    # A right in the bundle's namespace is none to members elsewhere: that must be one everywhere.
    asked = _wanted("get", kind.group, kind.version, kind.plural)
    return Question(kind.kind, (asked,), namespaced=kind.namespaced and not elsewhere)


def _wanted(verb: str, group: str, version: str, resource: str) -> Attributes:
    return Attributes(verb=verb, path="", group=group, version=version, resource=resource)
