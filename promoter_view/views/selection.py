"""Which bundles a reader has asked for, and what a change is to it. Pure.

A change of a bundle may bring it into a selection by labels or take it out of it: Kubernetes' watch then says ADDED and
DELETED, whatever happened to the bundle itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from promoter_view.kubernetes.selectors import FieldSelector, LabelSelector
from promoter_view.records import Bundle, BundleChange, ChangeType


@dataclass(frozen=True, slots=True)
class Selection:
    """The bundles of one namespace ("" for all) and name ("" for all) that both selectors match."""

    namespace: str = ""
    name: str = ""
    labels: LabelSelector = field(default_factory=LabelSelector)
    fields: FieldSelector = field(default_factory=FieldSelector)

    def admits(self, bundle: Bundle) -> bool:
        """Whether that bundle, as it is, is selected."""
        key = bundle.key
        if self.namespace not in ("", key.namespace) or self.name not in ("", key.name):
            return False
        return self.labels.matches(bundle.labels) and self.fields.matches(key.namespace, key.name)

    def event(self, change: BundleChange) -> tuple[ChangeType, Bundle] | None:
        """What the change is to this selection, and the bundle to show; None when it is nothing.

        For DELETED that is the last state that was selected, to be encoded with the change's resourceVersion.
        """
        return transition(self.admits, change)


def transition(admits: Callable[[Bundle], bool], change: BundleChange) -> tuple[ChangeType, Bundle] | None:
    """What the change is to a reader of the bundles that ``admits`` selects; as ``Selection.event``."""
    before, after = change.before, change.after
    if after is not None and admits(after):
        known = before is not None and admits(before)
        return (ChangeType.MODIFIED if known else ChangeType.ADDED), after
    if before is not None and admits(before):
        return ChangeType.DELETED, before
    return None
