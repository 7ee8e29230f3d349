"""What a change of a bundle is to a reader that selected some."""

from __future__ import annotations

import pytest

from promoter_view.kubernetes.selectors import parse_field_selector, parse_label_selector
from promoter_view.reading.selection import MAX_PATTERNS, GlobError, Globs, Selection, parse_globs
from promoter_view.records import Bundle, BundleChange, BundleKey, ChangeType

RED = Selection(("v",), labels=parse_label_selector("colour=red"))


def bundle(colour: str = "", *, namespace: str = "a", name: str = "x") -> Bundle:
    labels = {"colour": colour} if colour else {}
    known = {"status.state": "Failed"}
    return Bundle(BundleKey("v", namespace, name), "u", 1, "", labels, b'{"v":"', (b'"}',), selectable=known)


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
    (Selection(("v",)), True),
    (Selection(("w", "v")), True),
    (Selection(("w",)), False),
    (Selection(("v",), Globs("a")), True),
    (Selection(("v",), Globs("b")), False),
    (Selection(("v",), Globs("a"), Globs("x")), True),
    (Selection(("v",), Globs("a"), Globs("y")), False),
    (Selection(("v",), names=Globs("x")), True),
    (Selection(("v",), parse_globs("b,a*"), parse_globs("[xy]")), True),
    (Selection(("v",), parse_globs("b,c*")), False),
    (Selection(("v",), labels=parse_label_selector("colour!=red")), False),
    (Selection(("v",), fields=parse_field_selector("metadata.name=x,metadata.namespace=a")), True),
    (Selection(("v",), fields=parse_field_selector("metadata.name!=x")), False),
    (Selection(("v",), fields=parse_field_selector("status.state=Failed", ("status.state",))), True),
    (Selection(("v",), fields=parse_field_selector("status.state!=Failed", ("status.state",))), False),
]


@pytest.mark.parametrize(("selection", "admitted"), SCOPES)
def test_scopes(selection: Selection, admitted: bool) -> None:
    """Namespace, name, label selector and field selector must all admit a bundle."""
    assert selection.admits(red) is admitted
    assert (selection.event(BundleChange(9, None, red, 0)) is not None) is admitted


@pytest.mark.parametrize("text", [",".join(map(str, range(MAX_PATTERNS + 1))), "x" * 5000])
def test_globs_are_bounded(text: str) -> None:
    """Patterns beyond the bounds are refused, and the bounds are named."""
    with pytest.raises(GlobError, match=str(MAX_PATTERNS)):
        parse_globs(text)


CHOSEN = [RED, Selection(("v", "w")), Selection(("v",), parse_globs("a*")), Selection(("v",))]


@pytest.mark.parametrize("wanted", CHOSEN)
def test_a_chooser_chooses_as_the_selection(wanted: Selection) -> None:
    """The short ways of a fan-out say of each change what the selection says."""
    choose = wanted.chooser()
    for before, after, _ in TRANSITIONS:
        change = BundleChange(1, before, after, 0)
        assert choose(change) == wanted.event(change)
