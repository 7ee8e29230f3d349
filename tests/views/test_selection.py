"""What a change of a bundle is to a reader that selected some."""

from __future__ import annotations

import pytest

from promoter_view.kubernetes.selectors import parse_field_selector, parse_label_selector
from promoter_view.records import Bundle, BundleChange, BundleKey, ChangeType
from promoter_view.views.selection import Selection

RED = Selection(labels=parse_label_selector("colour=red"))


def bundle(colour: str = "", *, namespace: str = "a", name: str = "x") -> Bundle:
    labels = {"colour": colour} if colour else {}
    return Bundle(BundleKey("v", namespace, name), "u", 1, "", labels, b'{"v":"', (b'"}',))


red, blue, plain = bundle("red"), bundle("blue"), bundle()

TRANSITIONS: list[tuple[Bundle | None, Bundle | None, tuple[ChangeType, Bundle] | None]] = [
    (None, red, (ChangeType.ADDED, red)),
    (None, blue, None),
    (red, bundle("red"), (ChangeType.MODIFIED, red)),
    (red, blue, (ChangeType.DELETED, red)),
    (red, plain, (ChangeType.DELETED, red)),
    (blue, red, (ChangeType.ADDED, red)),
    (blue, plain, None),
    (red, None, (ChangeType.DELETED, red)),
    (blue, None, None),
]


@pytest.mark.parametrize(("before", "after", "wanted"), TRANSITIONS)
def test_transitions(before: Bundle | None, after: Bundle | None, wanted: tuple[ChangeType, Bundle] | None) -> None:
    """A bundle that starts to match is ADDED, one that stops is DELETED with the last state that matched."""
    found = RED.event(BundleChange(9, before, after, 0))
    if wanted is None or found is None:
        assert found is wanted
    else:
        assert (found[0], found[1].labels) == (wanted[0], wanted[1].labels)
        assert found[1] is (before if found[0] is ChangeType.DELETED else after)


SCOPES: list[tuple[Selection, bool]] = [
    (Selection(), True),
    (Selection("a"), True),
    (Selection("b"), False),
    (Selection("a", "x"), True),
    (Selection("a", "y"), False),
    (Selection(name="x"), True),
    (Selection(labels=parse_label_selector("colour!=red")), False),
    (Selection(fields=parse_field_selector("metadata.name=x,metadata.namespace=a")), True),
    (Selection(fields=parse_field_selector("metadata.name!=x")), False),
]


@pytest.mark.parametrize(("selection", "admitted"), SCOPES)
def test_scopes(selection: Selection, admitted: bool) -> None:
    """Namespace, name, label selector and field selector must all admit a bundle."""
    assert selection.admits(red) is admitted
    assert (selection.event(BundleChange(9, None, red, 0)) is not None) is admitted
