"""How much of the cluster is known: the list paths' positions and schemas, and the mark that says which there are."""

from __future__ import annotations

from promoter_view.log.mirroring import are_cleaned_anew, carried, is_complete
from promoter_view.records import EVERY_PATH, Change, Mark, Mirror, Position, SchemaRead, Snapshot, Unreadable


class Coverage:
    """Positions and schemas by path id, under the newest mark. Pure."""

    def __init__(self) -> None:
        self._mirror: Mirror | None = None
        self._positions: dict[str, str] = {}
        self._schemas: dict[str, str] = {}
        self.complete = False

    @property
    def mirror(self) -> Mirror:
        """What is mirrored; nothing before the first mark."""
        return self._mirror or Mirror("", {})

    def positions(self) -> dict[str, str]:
        """A copy of the positions."""
        return dict(self._positions)

    def schemas(self) -> dict[str, str]:
        """A copy of what each path was read by."""
        return dict(self._schemas)

    def position(self, path: str) -> str | None:
        """The coverage of the path with this id; None where it has had none."""
        return self._positions.get(path)

    def restore(self, snapshot: Snapshot) -> None:
        """Begin from a snapshot."""
        self._mirror = snapshot.mirror
        self._positions = dict(snapshot.positions)
        self._schemas = dict(snapshot.schemas)
        self._judge()

    def mark(self, mark: Mark) -> bool:
        """A log or a leader's term was opened: positions that no longer hold are lost.

        True when objects are cleaned by other rules from now on, so that nothing made before may be shown.
        """
        anew = are_cleaned_anew(self._mirror, mark.mirror)
        self._positions = carried(self._mirror, mark.mirror, self._positions)
        self._schemas = carried(self._mirror, mark.mirror, self._schemas)
        self._mirror = mark.mirror
        self._judge()
        return anew

    def take(self, entry: Position | SchemaRead | Change | Unreadable) -> None:
        """What an entry says of its path: where its watch goes on, or by which schema it is read."""
        if isinstance(entry, SchemaRead):
            self._schemas[entry.path] = entry.schema
        elif entry.position is not None:
            self._move(entry.path, entry.position)

    def _move(self, path: str, position: str) -> None:
        if path == EVERY_PATH:
            self._positions = dict.fromkeys(self._positions, position)
            return
        known = path in self._positions
        self._positions[path] = position
        if not known:
            self._judge()

    def _judge(self) -> None:
        # Without a mark nothing says which paths there are.
        self.complete = self._mirror is not None and is_complete(self._mirror, self._positions)
