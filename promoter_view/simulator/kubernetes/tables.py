"""The resources that are installed in a cluster, each with its table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from promoter_view.kubernetes.kinds import Kind
from promoter_view.simulator.kubernetes.errors import bad_request, not_found
from promoter_view.simulator.kubernetes.table import Table, TableBackup


class Tables:
    """They are found by group and plural. ``history_events`` bounds what each remembers of its past."""

    def __init__(self, history_events: int) -> None:
        self._history_events = history_events
        self._tables: dict[tuple[str, str], Table] = {}

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def install(self, kind: Kind) -> Table | None:
        """The empty table of a resource; None where there is one already."""
        if self.find(kind.group, kind.plural) is not None:
            return None
        return self._add(kind, status=kind.has_status)

    def uninstall(self, kind: Kind) -> None:
        """The resource is unknown from then on."""
        del self._tables[kind.group, kind.plural]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What is installed, by group and plural."""
        return tuple(table.kind for _, table in sorted(self._tables.items()))

    def find(self, group: str, plural: str) -> Table | None:
        """The table of a resource, where it is installed."""
        return self._tables.get((group, plural))

    def of(self, kind: Kind) -> Table:
        """The table of a resource. Errors: StatusError 404."""
        table = self.find(kind.group, kind.plural)
        if table is None:
            raise not_found(kind, "")
        return table

    def kind_of(self, document: Mapping[str, object]) -> Kind:
        """The installed resource that an object is of. Errors: StatusError 400."""
        kind, version = document.get("kind"), document.get("apiVersion")
        for table in self:
            if (kind, version) == (table.kind.kind, table.kind.api_version.lstrip("/")):
                return table.kind
        raise bad_request(f'no matches for kind "{kind}" in version "{version}"')

    def restore(self, backups: Iterable[TableBackup]) -> None:
        """Nothing but what these hold is installed from then on."""
        self._tables.clear()
        for backup in backups:
            self._add(backup.kind, status=backup.status).restore(backup)

    def _add(self, kind: Kind, *, status: bool) -> Table:
        table = Table(kind, status=status, history_events=self._history_events)
        self._tables[kind.group, kind.plural] = table
        return table
