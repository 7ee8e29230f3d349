"""What one identity may see of each namespace, asked of the cluster: nothing, all, or all but members of some kinds.

Who may list and watch a view sees its bundles; who may ``get`` objects of a member's kind sees the members. Most users
may do so everywhere or nowhere, so that is asked first; namespaces are asked about only where the answer was no.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from math import inf
from typing import Any, TypeVar

import orjson
from twisted.internet.defer import Deferred, FirstError, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from promoter_view.access.admission import Attributes
from promoter_view.access.authorization import AccessReviews
from promoter_view.access.identity import Identity
from promoter_view.boundaries import Wakeable
from promoter_view.reading.background import Background
from promoter_view.views.member_mask import Hidden

#: How long an answer that no longer counts is remembered, so that who resumes after it changed is told.
_REMEMBERED_SECONDS = 3600.0
#: So that one identity's reviews leave room for those of others.
_NAMESPACES_AT_ONCE = 4
_SCOPE_DIGITS = 16
#: What is hidden where nothing of a view may be seen.
NOTHING_SEEN: Hidden = frozenset({"*"})
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Question:
    """What one has to be allowed, all of it, to see the members of the kind ``hides``, or the view of that name.

    ``asked`` are at the cluster scope; ``namespaced``: where that is denied, a namespace's Role may allow it.
    """

    hides: str
    asked: tuple[Attributes, ...]
    namespaced: bool = True

    def within(self, namespace: str) -> tuple[Attributes, ...]:
        """The same in one namespace, "" for the cluster scope."""
        return tuple(replace(each, namespace=namespace) for each in self.asked) if namespace else self.asked


@dataclass(frozen=True, slots=True)
class Answer:
    """The views and kinds that may not be seen, those kinds alone, and until when that counts.

    ``asked`` are those views and kinds that were asked about.
    """

    hidden: frozenset[str]
    kinds: Hidden
    until: float
    asked: frozenset[str]

    def differs(self, other: Answer) -> bool:
        """Whether another of the same place says otherwise of anything that both were asked about."""
        both = self.asked & other.asked
        return self.hidden & both != other.hidden & both


class Sight:
    """Shared by all requests of ``identity`` for the same views. An answer counts for ``seconds``.

    ``questions`` are those of now: where there are more than before, what was known is no answer to them.
    ``reviews`` None: nobody is asked, and everything may be seen. While nobody can be asked, answers about the bundles
    of ``views`` go on counting for who is reading, those about members do not. ``populated`` names the namespaces that
    hold bundles now, ``head`` is the views'.
    """

    def __init__(
        self,
        identity: Identity,
        questions: Callable[[], Sequence[Question]],
        reviews: AccessReviews | None,
        *,
        views: Collection[str],
        seconds: float,
        clock: IReactorTime,
        populated: Callable[[], Collection[str]],
        head: Callable[[], int],
    ) -> None:
        self.identity = identity
        self._questions = questions
        self._known: Sequence[Question] = ()
        self._asked: frozenset[str] = frozenset()
        self._reviews = reviews
        self._views = frozenset(views)
        self._seconds = seconds
        self._clock = clock
        self._populated = populated
        self._head = head
        #: It is all there is, and always was.
        self.everything = reviews is None
        self._everywhere = Answer(frozenset(), frozenset(), inf, frozenset()) if self.everything else None
        self._answers: dict[str, Answer] = {}
        self._readers: dict[Wakeable, None] = {}
        self._wanted: set[str] = set()
        # Where asking fails, those who wait ask again when something else becomes known.
        self._background = Background(clock, "checking permissions failed")
        #: Counts changes of what may be seen.
        self.changes = 0
        #: The head when the last of them was noticed: nobody resumes from before it.
        self.horizon = 0
        #: Counts how often something became known.
        self.learnt = 0
        #: Stands for the namespaces whose bundles may be seen, and tells nothing of them.
        self.scope = scope_of(views if self.everything else (), ())

    def hidden(self, view: str, namespace: str, *, reading: bool = False) -> Hidden | None:
        """The kinds whose members may not be seen there, or NOTHING_SEEN; None where no answer counts.

        ``reading``: for one who has begun.
        """
        answer = self._everywhere
        if answer is not None and answer.hidden and self._to_ask(answer):
            answer = self._answers.get(namespace)
        if answer is None or not (self._counts(answer) or (reading and self._lasts(answer))):
            return None
        return NOTHING_SEEN if view in answer.hidden else answer.kinds

    def sees(self, view: str, namespace: str) -> bool:
        """Whether bundles of that view may be seen there, by an answer that counts."""
        return self.hidden(view, namespace) not in (None, NOTHING_SEEN)

    def refuses(self, view: str) -> bool:
        """There may be something of that view, and none of it may be seen."""
        everywhere, known = self._everywhere, self._answers.values()
        hidden = everywhere is not None and view in everywhere.hidden
        return hidden and bool(known) and all(view in answer.hidden for answer in known)

    @property
    def whole(self) -> bool:
        """All of every view may be seen everywhere, and every member; by an answer that counts."""
        everywhere = self._everywhere
        return everywhere is not None and not everywhere.hidden and self._counts(everywhere)

    async def look(self) -> None:
        """Know all that there is to be seen now. Errors: ReviewUnavailable."""
        everywhere = self._everywhere
        if everywhere is None or not self._counts(everywhere):
            await self.examine(self._populated())
        elif self._to_ask(everywhere) and (stale := self._stale(self._populated())):
            await self.examine(stale)

    async def examine(self, namespaces: Iterable[str]) -> None:
        """Ask for what is not known of those. Errors: ReviewUnavailable."""
        everywhere = await self._examine_everywhere()
        stale = iter(self._stale(namespaces))
        while batch := tuple(islice(stale, _NAMESPACES_AT_ONCE)):
            await _all(self._examine_namespace(namespace, everywhere) for namespace in batch)
        self._forget()
        self.learnt += 1
        self.scope = self._scope(everywhere)
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
        self._background.begin("want", self._satisfy)

    def subscribe(self, reader: Wakeable) -> None:
        """Have ``reader.wake`` called when something became known."""
        self._readers[reader] = None

    def unsubscribe(self, reader: Wakeable) -> None:
        """No more of that; when nobody is left, nothing is asked in the background."""
        self._readers.pop(reader, None)
        if not self._readers:
            self._wanted.clear()
            self._background.cancel()

    def _to_ask(self, everywhere: Answer) -> list[Question]:
        return [question for question in self._ask_for() if question.namespaced and question.hides in everywhere.hidden]

    def _ask_for(self) -> Sequence[Question]:
        questions = self._questions()
        if questions is not self._known:
            self._known = questions
            self._asked = frozenset(question.hides for question in questions)
        return questions

    def _counts(self, answer: Answer) -> bool:
        return self._clock.seconds() < answer.until and self._is_complete(answer)

    def _lasts(self, answer: Answer) -> bool:
        """It tells of bundles alone."""
        return answer.asked <= self._views and self._is_complete(answer)

    def _is_complete(self, answer: Answer) -> bool:
        """It was asked for with the questions of now, or with more."""
        self._ask_for()
        return self._asked <= answer.asked

    def _stale(self, namespaces: Iterable[str]) -> list[str]:
        """Those of which nothing that counts is known."""
        if self._everywhere is not None and not self._to_ask(self._everywhere):
            return []
        known = self._answers
        return [name for name in namespaces if name not in known or not self._counts(known[name])]

    def _scope(self, everywhere: Answer) -> str:
        hidden = self._views & everywhere.hidden
        namespaces = self._populated() if hidden else ()
        known = [(name, self._answers[name].hidden) for name in namespaces if name in self._answers]
        return scope_of(self._views - hidden, ((view, name) for view in hidden for name, no in known if view not in no))

    async def _examine_everywhere(self) -> Answer:
        if self._everywhere is not None and self._counts(self._everywhere):
            return self._everywhere
        found = await self._ask(self._ask_for(), "")
        if self._everywhere is not None and found.differs(self._everywhere):
            self._answers.clear()
            self._changed()
        self._everywhere = found
        return found

    async def _examine_namespace(self, namespace: str, everywhere: Answer) -> None:
        questions = self._to_ask(everywhere)
        found = await self._ask(questions, namespace)
        hidden = everywhere.hidden - found.asked | found.hidden
        # It rests on the other answer, and counts no longer than that.
        answer = self._answer(hidden, min(found.until, everywhere.until), everywhere.asked)
        before = self._answers.get(namespace)
        if before is not None and answer.differs(before):
            self._changed()
        self._answers[namespace] = answer

    async def _ask(self, questions: Sequence[Question], namespace: str) -> Answer:
        until = self._clock.seconds() + self._seconds
        allowed = await _all(self._allows(question.within(namespace)) for question in questions)
        hidden = frozenset(question.hides for question, may in zip(questions, allowed, strict=True) if not may)
        return self._answer(hidden, until, frozenset(question.hides for question in questions))

    def _answer(self, hidden: frozenset[str], until: float, asked: frozenset[str]) -> Answer:
        return Answer(hidden, hidden - self._views, until, asked)

    async def _allows(self, asked: Sequence[Attributes]) -> bool:
        assert self._reviews is not None
        for attributes in asked:
            if not await self._reviews.allows(self.identity, attributes):
                return False
        return True

    def _changed(self) -> None:
        self.changes += 1
        self.horizon = self._head()

    def _forget(self) -> None:
        oldest = self._clock.seconds() - _REMEMBERED_SECONDS
        self._answers = {name: answer for name, answer in self._answers.items() if answer.until > oldest}

    async def _satisfy(self) -> None:
        while wanted := frozenset(self._wanted):
            await self.examine(wanted)
            self._wanted -= wanted


def scope_of(everywhere: Iterable[str], allowed: Iterable[tuple[str, str]]) -> str:
    """The S of the streams' contract: views that may be seen in all namespaces, and pairs of view and namespace."""
    return sha256(orjson.dumps([sorted(everywhere), sorted(allowed)])).hexdigest()[:_SCOPE_DIGITS]


def _all(work: Iterable[Coroutine[Deferred[Any], Any, _Result]]) -> Deferred[list[_Result]]:
    """All results in order, or the first error."""
    gathered = gatherResults([Deferred.fromCoroutine(each) for each in work], consumeErrors=True)
    return gathered.addErrback(_cause)


def _cause(failure: Failure) -> Failure:
    error = failure.value
    return error.subFailure if isinstance(error, FirstError) else failure
