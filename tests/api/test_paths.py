"""Resource paths and what is put before a review for them."""

from __future__ import annotations

import pytest

from promoter_view.api.negotiation import Verb
from promoter_view.api.paths import PREFIX, attributes_of, parse_path, verb_of
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from tests.support.api.world import VIEW

DEFINITIONS = {VIEW: PROMOTION_STRATEGY_DETAILS}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (VIEW, ("", "")),
        (f"namespaces/a/{VIEW}", ("a", "")),
        (f"namespaces/a/{VIEW}/b", ("a", "b")),
        (f"namespaces/a/{VIEW}/b%2Fc", ("a", "b/c")),
        (f"namespaces/a/{VIEW}/%FF", ("a", "\ufffd")),
        (f"{VIEW}/b", None),
        (f"namespaces/a/{VIEW}/b/status", None),
        (f"namespaces/a/{VIEW}/", ("a", "")),
        (f"namespaces/a/{VIEW}/b//", ("a", "b")),
        (f"namespaces//{VIEW}", None),
        (f"{VIEW}/", ("", "")),
        ("/", None),
        ("namespaces/a", None),
        ("namespaces/a/others", None),
        ("others", None),
        ("", None),
    ],
)
def test_parse(path, expected):
    """A path names a collection or an object of a view, or nothing."""
    target = parse_path(PREFIX + path.encode(), DEFINITIONS)
    assert (target and (target.namespace, target.name)) == expected


@pytest.mark.parametrize(
    ("method", "path", "watch", "verb"),
    [
        (b"GET", VIEW, False, "list"),
        (b"GET", VIEW, True, "watch"),
        (b"GET", f"namespaces/a/{VIEW}/b", False, "get"),
        (b"GET", f"namespaces/a/{VIEW}/b", True, "get"),
        (b"POST", VIEW, False, "create"),
        (b"PUT", f"namespaces/a/{VIEW}/b", False, "update"),
        (b"PATCH", f"namespaces/a/{VIEW}/b", False, "patch"),
        (b"DELETE", f"namespaces/a/{VIEW}/b", False, "delete"),
        (b"DELETE", VIEW, False, "deletecollection"),
    ],
)
def test_attributes(method, path, watch, verb):
    """A request is reviewed under the verb that Kubernetes has for it; a watch of one object is a get."""
    target = parse_path(PREFIX + path.encode(), DEFINITIONS)
    found = attributes_of(method, PREFIX + path.encode(), target, verb_of(target, watch), "")
    assert found.verb == verb
    assert (found.group, found.version, found.resource) == ("view.promoter.argoproj.io", "v1alpha1", VIEW)
    assert (found.namespace, found.name) == (target.namespace, target.name)


def test_selected_name_is_reviewed():
    """A list of one name is reviewed with that name, as resourceNames in RBAC want it."""
    target = parse_path(PREFIX + VIEW.encode(), DEFINITIONS)
    assert attributes_of(b"GET", b"/", target, Verb.LIST, "x").name == "x"
