"""A whole dashboard on a real projector, a Clock and in-memory transports: what the tests of this folder talk to."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promoter_view.access.authorization import AccessReviews
from promoter_view.access.token_reviews import TokenReviews
from promoter_view.boundaries import NotificationsDesk
from promoter_view.dashboard.assembly import make_parts
from promoter_view.dashboard.assets import Assets
from promoter_view.dashboard.commits.resource import CommitPages
from promoter_view.dashboard.data_resource import DataResource
from promoter_view.dashboard.journal.earlier import EarlierEntries
from promoter_view.dashboard.journal.figures import FiguresPages
from promoter_view.dashboard.journal.resource import JournalPages
from promoter_view.dashboard.journal.streams import JournalStreams
from promoter_view.dashboard.notifications.resource import NotificationPages
from promoter_view.dashboard.page_resource import PageResource
from promoter_view.dashboard.past.resource import ComparePages
from promoter_view.dashboard.program import ProgramFacts
from promoter_view.dashboard.site import Admittance, DashboardEntrance, DashboardRequest, OwnPages
from promoter_view.dashboard.streams.resource import StreamResource
from promoter_view.dashboard.visitors.sign_in import SignIn
from promoter_view.dashboard.visitors.visitors import (
    Authenticator,
    OpenAuthenticator,
    ProxyAuthenticator,
    ProxyHeaders,
    ProxyProof,
    TokenAuthenticator,
)
from promoter_view.reading.commits.finder import CommitFinder
from promoter_view.reading.past.moments import Moments
from promoter_view.reading.sights import Sights
from promoter_view.reading.wire import Frames
from promoter_view.records import LogStatus
from promoter_view.views.contents import Readings
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.web.limits import Limits
from promoter_view.web.server import HttpSite
from tests.support.api.reviewing import Reviews, access_reviewer, token_reviewer
from tests.support.api.world import Client, World

#: Namespaces by user, "*" for all; and paths.
Grants = dict[str, set[str]]


class Board(World):
    """The views, what changes them, and the dashboard above them. Callables make ``authenticator`` and ``sights``."""

    def __init__(
        self,
        *,
        authenticator: Callable[[Board], Authenticator] = lambda _: OpenAuthenticator(),
        hosts: Collection[str] | None = None,
        root_path: str = "/",
        limits: Limits | None = None,
        sights: Callable[[Board], Sights] = lambda board: Sights(
            board.views, lambda: board.views.definitions, None, clock=board.clock
        ),
        definitions: Sequence[ViewDefinition] = (PROMOTION_STRATEGY_DETAILS,),
        desk: NotificationsDesk | None = None,
        path_reviews: Callable[[Board], AccessReviews | None] = lambda _: None,
        **kept: Any,
    ) -> None:
        super().__init__(definitions=definitions, **kept)
        self.definitions = definitions
        self.plurals = [definition.plural for definition in definitions]
        self.grants: Grants = {}
        self.tokens: dict[str, str] = {}
        self.secret: set[str] = set()
        self.unreachable: Exception | None = None
        self.reviews = Reviews(self._review)
        self.fault: str | None = None
        admittance = Admittance(authenticator(self), hosts, root_path, limits or Limits())
        given: dict[str, Any] = {"sights": sights(self)}
        parts = make_parts(Isolation(self.metrics), Assets(), root_path=root_path, commits=lambda: self.commits.index)
        moments = Moments(self.pasts, given["sights"], now=self.runtime.now)
        page_resource = PageResource(
            self.views,
            self.plurals,
            parts,
            EarlierEntries(self.journal),
            **given,
            pump=self.pump,
            moments=moments,
            facts=self._facts,
        )
        frames = Frames()
        self.streams = StreamResource(self.views, runtime=self.runtime, pump=self.pump, frames=frames)
        data = DataResource(
            self.views,
            self.plurals,
            self.streams,
            parts.fragments,
            **given,
            pump=self.pump,
            frames=frames,
            moments=moments,
        )
        sign_in = None
        if isinstance(admittance.authenticator, TokenAuthenticator):
            sign_in = SignIn(
                admittance.authenticator, page_resource, clock=self.clock, wall=self.wall, root_path=root_path
            )
        finder = CommitFinder(self.views, self.plurals, self.commits, **given, readings=Readings(), reactor=self.clock)
        commits = CommitPages(finder, page_resource, pump=self.pump, moments=moments)
        self.followed = JournalStreams(self.entries, self.plurals, **given, runtime=self.runtime)
        figures = FiguresPages(self.journal, self.plurals, page_resource, **given, runtime=self.runtime)
        journal = JournalPages(
            *(self.journal, self.plurals, page_resource, self.followed, figures),
            **given,
            now=page_resource.now,
            root=root_path,
        )
        compare = ComparePages(self.plurals, page_resource, moments=moments, reactor=self.clock)
        entrance = DashboardEntrance(
            admittance,
            data,
            page_resource,
            sign_in,
            OwnPages(commits, journal, compare, NotificationPages(desk, page_resource, reviews=path_reviews(self))),
            health=lambda: self.fault,
        )
        self.site = HttpSite(entrance, reactor=self.clock, metrics=self.metrics, request_factory=DashboardRequest)

    def watch(self, path: str = "/watch", headers: Mapping[str, str] | None = None) -> Events:
        """A stream."""
        return Events(self, path, headers)

    def post(self, path: str, body: str, headers: Mapping[str, str] | None = None) -> Any:
        """A form, and its answer."""
        client = Client(self)
        lines = {
            "Host": "x",
            "Origin": "http://x",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }
        head = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items() if value), "", ""]
        client.protocol.dataReceived(("\r\n".join(head) + body).encode())
        self.turn()
        return client.answer()

    def _review(self, spec: dict[str, Any]) -> Any:
        if self.unreachable is not None:
            return self.unreachable
        if "token" in spec:
            user = self.tokens.get(spec["token"])
            return {"authenticated": user is not None, "user": {"username": user}}
        if "nonResourceAttributes" in spec:
            return {"allowed": spec["nonResourceAttributes"]["path"] in self.grants.get(spec["user"], ())}
        asked = spec["resourceAttributes"]
        if asked["resource"] not in self.plurals:
            return {"allowed": asked["resource"] not in self.secret}
        namespace = asked.get("namespace", "*")
        return {"allowed": namespace in self.grants.get(spec["user"], ())}

    def _facts(self) -> ProgramFacts:
        return ProgramFacts(
            "0", self.views.ready, "it begins", LogStatus(0, 0, 0, 0, 0), "memory:", 0, 0, 0, 1, 0, 0, 0, 0
        )


@dataclass(frozen=True)
class Frame:
    """One frame as a browser has it."""

    event: str
    id: str | None
    data: Any

    @property
    def name(self) -> str:
        """The bundle's."""
        return self.data["metadata"]["name"] if "metadata" in self.data else ""

    @property
    def brief(self) -> tuple[str, str]:
        """What happened to which bundle."""
        return self.event, self.name


class Events:
    """A stream as it is read: ``frames`` gives those that have come since the last call."""

    def __init__(self, board: Board, path: str, headers: Mapping[str, str] | None) -> None:
        self.client = board.open(path, headers)
        self._board = board
        self._read = 0
        self.comments = 0
        self.retry: int | None = None

    @property
    def code(self) -> int:
        """The answer's status."""
        self._board.turn()
        return self.client.answer().code

    def frames(self) -> list[Frame]:
        """Those since the last call."""
        self._board.turn()
        answer = self.client.answer()
        body = answer.body
        if answer.header("content-encoding") == "gzip":
            body = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body)
        blocks = body.split(b"\n\n")[:-1]
        fresh, self._read = blocks[self._read :], len(blocks)
        return [frame for frame in map(self._take, fresh) if frame is not None]

    def brief(self) -> list[tuple[str, str]]:
        """The same as (event, name)."""
        return [frame.brief for frame in self.frames()]

    def _take(self, block: bytes) -> Frame | None:
        if block == b":":
            self.comments += 1
            return None
        fields = dict(line.split(": ", 1) for line in block.decode().splitlines())
        if "retry" in fields:
            self.retry = int(fields["retry"])
            return None
        return Frame(fields["event"], fields.get("id"), json.loads(fields["data"]))


def reviews_of(board: Board) -> AccessReviews:
    """Who may what, as the board's grants say, asked each time."""
    return AccessReviews(
        access_reviewer(board.reviews, board.clock, board.metrics),
        clock=board.clock,
        allowed_seconds=0,
        denied_seconds=0,
        metrics=board.metrics,
        masters=False,
    )


def reviewed(board: Board, *, members: bool = False) -> Sights:
    """What the board's grants allow."""
    reviews = reviews_of(board)
    return Sights(
        board.views,
        lambda: board.views.definitions,
        reviews,
        clock=board.clock,
        members=members,
        bundles=True,
    )


def by_members(board: Board) -> Sights:
    """The same, and members of kinds that are no secret."""
    return reviewed(board, members=True)


def by_token(board: Board) -> TokenAuthenticator:
    """Whoever has one of the board's tokens."""
    reviewer = token_reviewer(board.reviews, board.clock, board.metrics)
    return TokenAuthenticator(
        TokenReviews(reviewer, clock=board.clock, key=b"k" * 32, seconds=10, metrics=board.metrics)
    )


def by_proxy(board: Board) -> ProxyAuthenticator:
    """Whom a proxy names that knows the secret."""
    proof = ProxyProof(wall=board.wall)
    proof.secrets = (b"old", b"new")
    return ProxyAuthenticator(ProxyHeaders(), proof)


def with_tokens(grants: Mapping[str, Sequence[str]], **kept: Any) -> Board:
    """A board whose users have their names as tokens, and such grants."""
    board = Board(**{"authenticator": by_token, "sights": reviewed, **kept})
    board.grants = {user: set(namespaces) for user, namespaces in grants.items()}
    board.tokens = {user: user for user in grants}
    return board


def bearer(user: str) -> dict[str, str]:
    """That user's header."""
    return {"Authorization": f"Bearer {user}"}
