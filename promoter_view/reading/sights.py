"""What each request may see: one sight an identity, shared by all of its requests, and masks that all share.

On the API's port everybody who is admitted sees the bundles that he asked for, with ``--member-authorization`` the
members that he may get. On the dashboard's it is also the namespaces in which he may list and watch.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from twisted.internet.interfaces import IReactorTime

from promoter_view.access.admission import Admission, Attributes
from promoter_view.access.authorization import AccessReviews
from promoter_view.access.identity import Identity
from promoter_view.boundaries import ViewReader
from promoter_view.kubernetes.kinds import Kind
from promoter_view.reading.sight import Question, Sight
from promoter_view.reading.sighted import SightedViews
from promoter_view.views.definition import GROUP, VERSION, Member, ViewDefinition
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

    Else they are the cluster's word, and need keep no answers. ``kinds`` are all that are reflected, where members are
    shown to those only who may get them; else None. ``bundles``: they are shown to those only who may list and watch
    them.
    """

    def __init__(
        self,
        views: ViewReader,
        definitions: Sequence[ViewDefinition],
        reviews: AccessReviews | None,
        *,
        clock: IReactorTime,
        kinds: Iterable[Kind] | None = None,
        bundles: bool = False,
        max_sights: int = _MAX_SIGHTS,
    ) -> None:
        self._views = views
        self._reviews = reviews
        self._clock = clock
        self._seconds = BUNDLE_SECONDS if bundles else SECONDS
        self._max_sights = max_sights
        known = None if kinds is None else {kind.kind: kind for kind in kinds}
        self._masks = {it.plural: MemberMask(it) for it in definitions}
        self._questions = {it.plural: tuple(_questions(it, known, bundles=bundles)) for it in definitions}
        self._sights: OrderedDict[tuple[Identity, frozenset[str]], Sight] = OrderedDict()

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
        return Sight(
            identity,
            tuple(dict.fromkeys(question for view in views for question in self._questions[view])),
            self._reviews,
            views=views,
            seconds=self._seconds,
            clock=self._clock,
            populated=lambda: {bundle.key.namespace for view in views for bundle in self._views.list(view)},
            head=lambda: self._views.head,
        )


def _questions(it: ViewDefinition, known: Mapping[str, Kind] | None, *, bundles: bool) -> Iterator[Question]:
    if bundles:
        asked = (_wanted(verb, GROUP, VERSION, it.plural) for verb in _VERBS)
        yield Question(it.plural, tuple(asked))
    if known is not None:
        yield from (_to_get(member, known[member.kind]) for member in it.members)


def _to_get(member: Member, kind: Kind) -> Question:
    # A right in the bundle's namespace is none to members elsewhere: that must be one everywhere.
    asked = _wanted("get", kind.group, kind.version, kind.plural)
    return Question(kind.kind, (asked,), namespaced=kind.namespaced and not member.elsewhere)


def _wanted(verb: str, group: str, version: str, resource: str) -> Attributes:
    return Attributes(verb=verb, path="", group=group, version=version, resource=resource)
