"""What one identity may see of a view's members, asked of the cluster kind by kind, and known for a minute.

A member may be seen by whom the cluster lets ``get`` objects of its kind in its namespace. Most users may do so
everywhere or nowhere, so that is asked first; namespaces are asked about only where the answer was no.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred, FirstError, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.access.admission import Attributes
from promoter_view.access.authorization import AccessReviews
from promoter_view.access.identity import Identity
from promoter_view.boundaries import Wakeable
from promoter_view.kubernetes.kinds import Kind
from promoter_view.views.lens import Hidden
from promoter_view.web.errors import ReviewUnavailable

#: How long an answer counts: nothing is shown by an older one.
SECONDS = 60.0
#: How long an answer that no longer counts is remembered, so that who resumes after it changed is told.
_REMEMBERED_SECONDS = 3600.0
_RETRY_SECONDS = 5.0
#: So that one identity's reviews leave room for those of others.
_NAMESPACES_AT_ONCE = 4
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Answer:
    """The kinds that may not be seen, and until when that counts."""

    hidden: Hidden
    until: float


class MemberSight:
    """Shared by all requests of ``identity`` for one view, whose members are of ``kinds``.

    ``populated`` names the namespaces that hold bundles now, ``head`` is the views'.
    """

    _log = Logger()

    def __init__(
        self,
        identity: Identity,
        kinds: Sequence[Kind],
        reviews: AccessReviews,
        *,
        clock: IReactorTime,
        populated: Callable[[], Collection[str]],
        head: Callable[[], int],
    ) -> None:
        self.identity = identity
        self._kinds = kinds
        self._reviews = reviews
        self._clock = clock
        self._populated = populated
        self._head = head
        self._everywhere: Answer | None = None
        self._answers: dict[str, Answer] = {}
        self._readers: dict[Wakeable, None] = {}
        self._wanted: set[str] = set()
        self._asking: Deferred[None] | None = None
        #: Counts changes of what may be seen.
        self.changes = 0
        #: The head when the last of them was noticed.
        self.horizon = 0
        #: Counts how often something became known.
        self.learnt = 0

    def hidden(self, namespace: str) -> Hidden | None:
        """The kinds whose members may not be seen there; None where no answer counts."""
        answer = self._everywhere
        if answer is not None and self._to_ask(answer):
            answer = self._answers.get(namespace)
        return answer.hidden if answer is not None and self._counts(answer) else None

    async def examine(self, namespaces: Iterable[str]) -> None:
        """Ask for what is not known of those. Errors: ReviewUnavailable."""
        everywhere = await self._examine_everywhere()
        if self._to_ask(everywhere):
            stale = iter([namespace for namespace in namespaces if self.hidden(namespace) is None])
            while batch := tuple(islice(stale, _NAMESPACES_AT_ONCE)):
                await _all(self._examine_namespace(namespace, everywhere) for namespace in batch)
        self._forget()
        self.learnt += 1
        for reader in tuple(self._readers):
            reader.wake()

    async def refresh(self) -> None:
        """Ask again for what no longer counts, as far as it is still of interest. Errors: ReviewUnavailable."""
        stale = {namespace for namespace, answer in self._answers.items() if not self._counts(answer)}
        if stale or self._everywhere is None or not self._counts(self._everywhere):
            await self.examine(stale & set(self._populated()))

    def want(self, namespace: str) -> None:
        """Examine that in the background, however long the cluster cannot be asked; readers are woken when it is."""
        self._wanted.add(namespace)
        if self._asking is None:
            self._asking = Deferred.fromCoroutine(self._satisfy())
            self._asking.addErrback(self._broken).addBoth(self._satisfied)

    def subscribe(self, reader: Wakeable) -> None:
        """Have ``reader.wake`` called when something became known."""
        self._readers[reader] = None

    def unsubscribe(self, reader: Wakeable) -> None:
        """No more of that; when nobody is left, nothing is asked in the background."""
        self._readers.pop(reader, None)
        if not self._readers and self._asking is not None:
            self._asking.cancel()

    def _to_ask(self, everywhere: Answer) -> list[Kind]:
        return [kind for kind in self._kinds if kind.namespaced and kind.kind in everywhere.hidden]

    def _counts(self, answer: Answer) -> bool:
        return self._clock.seconds() < answer.until

    async def _examine_everywhere(self) -> Answer:
        if self._everywhere is not None and self._counts(self._everywhere):
            return self._everywhere
        found = await self._ask(self._kinds, "")
        if self._everywhere is not None and self._everywhere.hidden != found.hidden:
            self._answers.clear()
            self._changed()
        self._everywhere = found
        return found

    async def _examine_namespace(self, namespace: str, everywhere: Answer) -> None:
        kinds = self._to_ask(everywhere)
        found = await self._ask(kinds, namespace)
        hidden = everywhere.hidden - {kind.kind for kind in kinds} | found.hidden
        before = self._answers.get(namespace)
        if before is not None and before.hidden != hidden:
            self._changed()
        # It rests on the other answer, and counts no longer than that.
        self._answers[namespace] = Answer(hidden, min(found.until, everywhere.until))

    async def _ask(self, kinds: Sequence[Kind], namespace: str) -> Answer:
        until = self._clock.seconds() + SECONDS
        allowed = await _all(self._reviews.allows(self.identity, _to_get(kind, namespace)) for kind in kinds)
        hidden = frozenset(kind.kind for kind, may in zip(kinds, allowed, strict=True) if not may)
        return Answer(hidden, until)

    def _changed(self) -> None:
        self.changes += 1
        self.horizon = self._head()

    def _forget(self) -> None:
        oldest = self._clock.seconds() - _REMEMBERED_SECONDS
        self._answers = {name: answer for name, answer in self._answers.items() if answer.until > oldest}

    async def _satisfy(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, set()
            try:
                await self.examine(wanted)
            except ReviewUnavailable:
                self._wanted |= wanted
                await deferLater(self._clock, _RETRY_SECONDS)

    def _satisfied(self, _result: object) -> None:
        self._asking = None
        self._wanted.clear()

    def _broken(self, failure: Failure) -> None:
        # A fault of ours: those who wait ask again when something else becomes known.
        if not failure.check(CancelledError):
            self._log.failure("asking what may be seen failed", failure)


def _to_get(kind: Kind, namespace: str) -> Attributes:
    return Attributes(
        verb="get", path="", group=kind.group, version=kind.version, resource=kind.plural, namespace=namespace
    )


def _all(work: Iterable[Coroutine[Deferred[Any], Any, _Result]]) -> Deferred[list[_Result]]:
    """All results in order, or the first error."""
    gathered = gatherResults([Deferred.fromCoroutine(each) for each in work], consumeErrors=True)
    return gathered.addErrback(_cause)


def _cause(failure: Failure) -> Failure:
    error = failure.value
    return error.subFailure if isinstance(error, FirstError) else failure
