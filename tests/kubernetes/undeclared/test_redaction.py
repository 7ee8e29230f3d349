"""Of an undeclared kind every string is redacted but for those of a short list, in their places."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes import cleaning
from promoter_view.kubernetes.cleaning import LAST_APPLIED, CleaningRules, source_object
from promoter_view.kubernetes.kinds import PROMOTER_GROUP, Kind
from promoter_view.kubernetes.redaction import REDACTED
from promoter_view.kubernetes.undeclared.redaction import redact_undeclared
from tests.kubernetes.undeclared.kinds import GATE, PLURALS, VERSION

KIND = Kind(GATE, PLURALS[GATE], PROMOTER_GROUP, VERSION)
SECRET = "s3cr3t"


def test_what_is_kept() -> None:
    """Exactly the fields by which a gate is joined and shown; and numbers, booleans and nulls wherever they are."""
    spec = {
        "promotionStrategyRef": {"name": "shop", "kind": "PromotionStrategy"},
        "key": "chat",
        "branch": "dev",
        "sha": "abc",
        "environments": [{"branch": "dev", "limit": 1.5}],
        "enabled": True,
        "none": None,
    }
    status = {
        "observedGeneration": 3,
        "conditions": [{"type": "Ready", "status": "True", "reason": "Done", "message": "is done"}],
        "environments": [{"branch": "dev", "phase": "pending", "description": "?", "url": "x", "reportedSha": "abc"}],
    }
    found = {"apiVersion": KIND.api_version, "kind": GATE, "metadata": {"labels": {"a": "b"}}, "spec": spec}
    assert redact_undeclared({**found, "status": status}) == {**found, "status": status}


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("spec", {"webhookToken": SECRET}, {"webhookToken": REDACTED}),
        ("spec", {"key": [SECRET]}, {"key": [REDACTED]}),
        ("spec", {"key": {"key": SECRET}}, {"key": {"key": REDACTED}}),
        (
            "spec",
            {"promotionStrategyRef": {"name": {"name": SECRET}}},
            {"promotionStrategyRef": {"name": {"name": REDACTED}}},
        ),
        ("spec", {"promotionStrategyRef": [{"name": SECRET}]}, {"promotionStrategyRef": [{"name": REDACTED}]}),
        ("spec", {"promotionStrategyRef": SECRET}, {"promotionStrategyRef": REDACTED}),
        ("spec", {"environments": {"branch": SECRET}}, {"environments": {"branch": REDACTED}}),
        (
            "spec",
            {"environments": [{"branch": "dev", "phase": SECRET}]},
            {"environments": [{"branch": "dev", "phase": REDACTED}]},
        ),
        ("spec", {"environments": [[SECRET], SECRET]}, {"environments": [[REDACTED], REDACTED]}),
        ("spec", [SECRET], [REDACTED]),
        ("spec", SECRET, REDACTED),
        ("status", {"phase": SECRET, "sha": SECRET}, {"phase": REDACTED, "sha": REDACTED}),
        ("status", {"observedGeneration": SECRET}, {"observedGeneration": REDACTED}),
        ("status", {"conditions": [{"type": {"a": SECRET}}]}, {"conditions": [{"type": {"a": REDACTED}}]}),
        ("status", {"environments": [{"approvers": [SECRET]}]}, {"environments": [{"approvers": [REDACTED]}]}),
        ("data", {"password": SECRET, "port": 5}, {"password": REDACTED, "port": 5}),
        ("kind", {"kind": SECRET}, {"kind": REDACTED}),
        ("key", SECRET, REDACTED),
    ],
)
def test_what_is_not(field: str, value: Any, shown: Any) -> None:
    """A string elsewhere, or in another shape than the list has, reads <redacted>, and so does each in it."""
    assert redact_undeclared({field: value}) == {field: shown}


_JSON = st.recursive(
    st.sampled_from([SECRET, 1, 2.5, True, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=20,
)


def shape(value: Any) -> Any:
    """The value with its strings alike."""
    if isinstance(value, dict):
        return {name: shape(found) for name, found in value.items()}
    if isinstance(value, list):
        return [shape(found) for found in value]
    return "" if isinstance(value, str) else value


@given(st.dictionaries(st.sampled_from(["spec", "status", "data"]), _JSON))
def test_no_other_string_is_ever_kept(found: dict[str, Any]) -> None:
    """Whatever the object holds: no string but the placeholder, and the shape as it was."""
    redacted = redact_undeclared(found)
    assert SECRET not in orjson.dumps(redacted).decode()
    assert shape(redacted) == shape(found)


def test_what_is_nested_deep_goes_as_a_whole() -> None:
    """Below a hundred levels even the shape goes: nothing can make the walk overflow."""
    deep: Any = SECRET
    for _ in range(2000):
        deep = [deep]
    found: Any = redact_undeclared({"spec": {"deep": deep}})
    levels = 0
    while isinstance(found, dict | list):
        found = next(iter(found.values())) if isinstance(found, dict) else found[0]
        levels += 1
    assert found == REDACTED
    assert levels < 110


def test_what_reaches_the_log() -> None:
    """The metadata is cleaned as that of any kind, credentials go from URLs, and nothing else is left."""
    metadata = {
        "name": "a",
        "namespace": "team",
        "resourceVersion": "7",
        "managedFields": [{"manager": SECRET}],
        "annotations": {LAST_APPLIED: SECRET, "note": "kept"},
        "ownerReferences": [{"kind": "PromotionStrategy", "name": "shop"}],
    }
    found = {
        "apiVersion": KIND.api_version,
        "kind": GATE,
        "metadata": metadata,
        "spec": {"webhookToken": SECRET},
        "status": {"environments": [{"branch": "dev", "url": f"https://bot:{SECRET}@chat.example/?token={SECRET}"}]},
    }
    _, recorded = source_object(found, CleaningRules(KIND))
    assert SECRET not in recorded.body.decode()
    document = orjson.loads(recorded.body)
    assert document["metadata"]["annotations"] == {"note": "kept"}
    assert document["metadata"]["ownerReferences"] == metadata["ownerReferences"]
    assert document["spec"] == {"webhookToken": REDACTED}
    assert document["status"]["environments"][0]["url"] == "https://chat.example/?token=redacted"


def test_a_kind_that_is_declared_later_is_listed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rules have another digest then, so that nothing of the redacted bytes stays."""
    before = CleaningRules(KIND).digest
    monkeypatch.setitem(cleaning._RULES_OF, GATE, lambda document, rules: document)
    assert CleaningRules(KIND).digest != before
