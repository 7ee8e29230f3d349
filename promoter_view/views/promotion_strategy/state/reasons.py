"""Why an environment is in its state: what it waits for, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from promoter_view.views.promotion_strategy.order_gate import OrderCheck
from promoter_view.views.promotion_strategy.restores import Restore
from promoter_view.views.promotion_strategy.state.kinds import ReasonKind
from promoter_view.views.promotion_strategy.state.standing import PolicyCheck, PolicyChecks, Standing
from promoter_view.views.status.messages import clipped

_SHORT_SHA = 7
_NO_CHECKS = PolicyChecks()
#: States of a pull request that is there and has ended, in words.
_ENDED = {"closed": "closed", "merged-or-closed": "merged or closed"}


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that an environment waits for. ``key`` is the check's or the restore's name, "" for none.

    ``message`` is a sentence of its own. ``says`` is the same, to go behind the environment's name in the genitive
    (``check soak is pending``), "" where it is nothing to tell others. ``environment``: the branch that is waited
    for, and ``cause`` what that waits for itself. ``until``: when a clock lets it go, in seconds since 1970. Words that
    are too long are clipped.
    """

    kind: ReasonKind
    message: str
    key: str = ""
    says: str = ""
    environment: str = ""
    until: int | None = None
    url: str = ""
    cause: ReasonKind | None = None

    def __post_init__(self) -> None:
        for name in ("message", "says"):
            object.__setattr__(self, name, clipped(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class Situation:
    """What the state of an environment is decided by: what its policy says, and what its strategy adds to that.

    ``proposed`` has the checks on what is proposed, those included that the strategy asks for; none unless another
    commit ``is_open``. ``restore`` keeps other commits out. ``newest_sha`` is N, the strategy's newest dry commit.
    ``untils``: by kind and key when clocks let it go.
    """

    standing: Standing
    order: OrderCheck
    proposed: PolicyChecks = _NO_CHECKS
    restore: Restore | None = None
    newest_sha: str = ""
    untils: Mapping[tuple[ReasonKind, str], int] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether another dry commit than the active one is proposed."""
        return self.standing.is_open

    @property
    def has_newest(self) -> bool:
        """Whether N is live here, or changes nothing here."""
        return self.standing.has(self.newest_sha)

    @property
    def pending(self) -> frozenset[ReasonKind]:
        """The kinds of the pending checks on what is proposed."""
        return frozenset(check.kind for check in self.proposed.pending)


def nothing_known(it: Situation) -> Iterator[Reason]:
    """Why nothing is known."""
    if it.standing.exists:
        yield Reason(ReasonKind.HYDRATION, "no dry commit yet")
    else:
        yield Reason(ReasonKind.HYDRATION, "no ChangeTransferPolicy yet")


def failed(it: Situation) -> Iterator[Reason]:
    """The checks that failed."""
    for side, checks in (("active", it.standing.active), ("proposed", it.proposed)):
        for check in checks.failed:
            message = _said(f"{side} {check.title} failing", check)
            yield Reason(check.kind, message, check.key, f"{check.title} failed", url=check.url)


def held(it: Situation) -> Iterator[Reason]:
    """What keeps other commits out, of one that is held."""
    restore = it.restore
    assert restore is not None
    live = it.standing.active_sha[:_SHORT_SHA] or restore.sha[:_SHORT_SHA]
    kept_out = f"{restore.blocked_sha[:_SHORT_SHA]} stays" if restore.blocked_sha else "newer commits stay"
    message = (
        f"{restore.name} asks for {restore.sha[:_SHORT_SHA]} to be live again"
        if restore.is_new
        else f"{live} was made live again by {restore.name}: {kept_out} out until that is lifted"
    )
    yield Reason(ReasonKind.RESTORE, message, restore.name, "restore holds others back")


def pending(it: Situation) -> Iterator[Reason]:
    """The pending checks on what is proposed."""
    return (_pending(check, it) for check in it.proposed.pending)


def unapproved(it: Situation) -> Iterator[Reason]:
    """The approvals that are missing, else the merge."""
    if it.proposed.pending:
        yield from pending(it)
        return
    request = it.standing.request
    number = f"pull request #{request.number}" if request.number else "the pull request"
    if request.state == "open":
        words = f"{number} waits to be merged" if request.number else "a pull request waits to be merged"
    elif request.state in _ENDED:
        words = f"{number} is {_ENDED[request.state]}, and its commit is not live"
    else:
        words = "no pull request is open yet, and a person has to merge it"
    says = words if request.state == "open" and request.number else "pull request waits for a person"
    yield Reason(ReasonKind.MERGE, words, request.number, says, url=request.url)


def coming_in(it: Situation) -> Iterator[Reason]:
    """How what is all green comes in."""
    request = it.standing.request
    is_open = request.state == "open" and bool(request.number)
    words = f"pull request #{request.number} is being merged" if is_open else "its pull request is on its way"
    yield Reason(ReasonKind.MERGE, words, request.number if is_open else "", url=request.url if is_open else "")


def verified(it: Situation) -> Iterator[Reason]:
    """The pending checks on what is live."""
    return (_pending(check, it) for check in it.standing.active.pending)


def behind(it: Situation) -> Iterator[Reason]:
    """What has not come here yet."""
    yield Reason(ReasonKind.HYDRATION, f"{it.newest_sha[:_SHORT_SHA]} is not proposed here yet")


def nothing(it: Situation) -> Iterator[Reason]:  # noqa: ARG001 - as all of them
    """It waits for nothing."""
    return iter(())


def _pending(check: PolicyCheck, it: Situation) -> Reason:
    if check.kind is ReasonKind.ORDER:
        return Reason(check.kind, _said(it.order.words, check), check.key, url=check.url)
    says = f"{check.title} {'is pending' if check.reported else 'is not reported yet'}"
    until = it.untils.get((check.kind, check.key))
    return Reason(check.kind, _said(says, check), check.key, says, until=until, url=check.url)


def _said(what: str, check: PolicyCheck) -> str:
    return f"{what}: {check.description}" if check.description else what
