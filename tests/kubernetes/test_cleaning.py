"""What of an object reaches the log."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes.bounds import MAX_LINE_BYTES
from promoter_view.kubernetes.cleaning import (
    LAST_APPLIED,
    CleaningRules,
    MalformedObject,
    cleaned_again,
    identify,
    source_object,
)
from promoter_view.kubernetes.documents import version_of
from promoter_view.kubernetes.kinds import REFLECTED_KINDS, Kind
from promoter_view.kubernetes.redaction import REDACTED
from promoter_view.urls import MAX_PLACES
from tests.kubernetes.fakes import KINDS, document

PULL_REQUEST = CleaningRules(KINDS["PullRequest"])
WEB_REQUEST = CleaningRules(KINDS["WebRequestCommitStatus"])
SHOWN = CleaningRules(KINDS["WebRequestCommitStatus"], show_web_request_bodies=True)
SECRET = "s3cr3t"


def of_kind(kind: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": "a", "namespace": "team", "resourceVersion": "7"}
    return {"apiVersion": KINDS[kind].api_version, "kind": kind, "metadata": metadata, **more}


def clean(found: dict[str, Any], rules: CleaningRules) -> bytes:
    _, recorded = source_object(found, rules)
    return recorded.body


def cleaned(found: dict[str, Any], rules: CleaningRules) -> Any:
    return orjson.loads(clean(found, rules))


def test_untouched() -> None:
    """What no rule names stays: order of keys, nulls, numbers, unknown fields; and the input is not changed."""
    found = {"z": None, **document("a", 1, spec={"b": [1, 2.5, None], "a": {"x": "é"}}), "status": {}}
    before = copy.deepcopy(found)
    assert clean(found, PULL_REQUEST) == orjson.dumps(before)
    assert found == before


def test_kind_put_in() -> None:
    """Items of a list that lack kind or apiVersion get both, in front."""
    found = {"metadata": {"name": "a", "namespace": "team", "resourceVersion": "7"}, "spec": {}}
    assert list(cleaned(found, PULL_REQUEST)) == ["apiVersion", "kind", "metadata", "spec"]


ANNOTATIONS = [
    ({LAST_APPLIED: "x"}, None),
    ({LAST_APPLIED: "x", "kept": "y"}, {"kept": "y"}),
    ({"kept": "y"}, {"kept": "y"}),
    ({}, None),
]


@pytest.mark.parametrize(("annotations", "expected"), ANNOTATIONS)
def test_annotations(annotations: dict[str, str], expected: dict[str, str] | None) -> None:
    """last-applied-configuration goes, and with it the map that it leaves empty; managedFields go."""
    found = document("a", 1)
    found["metadata"] |= {"annotations": annotations, "managedFields": [{"manager": "kubectl"}]}
    metadata = cleaned(found, PULL_REQUEST)["metadata"]
    assert metadata.get("annotations") == expected
    assert "managedFields" not in metadata


STATUSES = [
    ({"conditions": [], "observedGeneration": 3, "instanceID": "x"}, {"conditions": [], "observedGeneration": 3}),
    ({"environments": [{"branch": "dev", "active": {}}]}, {}),
    (
        {"environments": [{"branch": "dev", "active": {}, "lastHealthyDryShas": [{"sha": "a"}]}, {"branch": "prod"}]},
        {"environments": [{"branch": "dev", "lastHealthyDryShas": [{"sha": "a"}]}]},
    ),
    ({"environments": "wrong", "observedGeneration": 1}, {"observedGeneration": 1}),
    ({"environments": ["wrong", None]}, {}),
    (None, None),
    ("wrong", "wrong"),
]


@pytest.mark.parametrize(("status", "expected"), STATUSES)
def test_promotion_strategy(status: Any, expected: Any) -> None:
    """Of a PromotionStrategy's status only what is its own stays."""
    found = of_kind("PromotionStrategy", status=status)
    assert cleaned(found, CleaningRules(KINDS["PromotionStrategy"]))["status"] == expected


def test_a_timer_does_not_count_down() -> None:
    """Of a TimedCommitStatus what only ticks goes; whatever else stands there stays."""
    told = {"branch": "dev", "commitTime": "2026-11-20T08:00:00Z", "requiredDuration": "1h"}
    status = {"environments": [{**told, "atMostDurationRemaining": "59m"}, "odd"], "observedGeneration": 1}
    rules = CleaningRules(KINDS["TimedCommitStatus"])
    wanted = {"environments": [told, "odd"], "observedGeneration": 1}
    assert cleaned(of_kind("TimedCommitStatus", status=status), rules)["status"] == wanted
    for other in (None, "wrong", {"environments": 1}):
        assert cleaned(of_kind("TimedCommitStatus", status=other), rules)["status"] == other


def web_request() -> dict[str, Any]:
    output = {"triggerOutput": {"a": SECRET}, "responseOutput": [SECRET, 1, None], "successOutput": SECRET}
    return of_kind(
        "WebRequestCommitStatus",
        spec={
            "key": "k",
            "httpRequest": {
                "urlTemplate": "https://example.com",
                "headerTemplates": {"X-Token": SECRET},
                "bodyTemplate": SECRET,
                "authentication": {"bearer": {"secretRef": {"name": SECRET}}},
            },
        },
        status={
            "environments": [{"branch": "dev", "lastResponseStatusCode": 200, **output}],
            "promotionStrategyContext": {"phasePerBranch": [], **output},
        },
    )


def test_web_request_is_redacted() -> None:
    """No value of headers, body, authentication or recorded responses stays; shapes and the rest do."""
    found = cleaned(web_request(), WEB_REQUEST)
    assert SECRET not in str(found)
    request, environment = found["spec"]["httpRequest"], found["status"]["environments"][0]
    assert request["headerTemplates"] == {"X-Token": REDACTED}
    assert request["bodyTemplate"] == REDACTED
    assert request["authentication"] == {"bearer": {"secretRef": {"name": REDACTED}}}
    assert request["urlTemplate"] == "https://example.com"
    assert environment["responseOutput"] == [REDACTED, REDACTED, None]
    assert (environment["branch"], environment["lastResponseStatusCode"]) == ("dev", 200)


def test_shown_web_request() -> None:
    """--show-web-request-bodies keeps bodies and responses, never headers or authentication."""
    found = cleaned(web_request(), SHOWN)
    request = found["spec"]["httpRequest"]
    assert request["bodyTemplate"] == SECRET
    assert found["status"] == web_request()["status"]
    assert SECRET not in str((request["headerTemplates"], request["authentication"]))


WRONG_SHAPES = [
    {"spec": SECRET},
    {"spec": [SECRET]},
    {"spec": {"httpRequest": SECRET}},
    {"spec": {"httpRequest": {"headerTemplates": SECRET}}},
    {"status": [SECRET]},
    {"status": {"environments": {"a": {"responseOutput": SECRET}}}},
    {"status": {"environments": [SECRET, [SECRET]]}},
    {"status": {"promotionStrategyContext": [SECRET]}},
]


@pytest.mark.parametrize("parts", WRONG_SHAPES)
def test_redaction_fails_closed(parts: dict[str, Any]) -> None:
    """What is not shaped as the CRD has it is redacted as a whole."""
    assert SECRET not in str(cleaned(of_kind("WebRequestCommitStatus", **parts), WEB_REQUEST))


MALFORMED = [
    (None, "-/-"),
    ("text", "-/-"),
    ({"metadata": []}, "-/-"),
    ({"metadata": {"namespace": "team"}}, "team/-"),
    ({"metadata": {"name": 7, "namespace": "team"}}, "team/-"),
    ({"metadata": {"name": "a"}}, "-/a"),
    ({"kind": "Other", "metadata": {"name": "a", "namespace": "team"}}, "team/a"),
    ({"apiVersion": "other/v1", "metadata": {"name": "a", "namespace": "team"}}, "team/a"),
    ({"metadata": {"name": "a", "namespace": "team"}}, "team/a"),
    ({"metadata": {"name": "a", "namespace": "team", "resourceVersion": 7}}, "team/a"),
]


@pytest.mark.parametrize(("found", "named"), MALFORMED)
def test_malformed(found: Any, named: str) -> None:
    """What is no object of the kind is refused by an error that names it as far as it can be named."""
    with pytest.raises(MalformedObject) as caught:
        source_object(found, PULL_REQUEST)
    assert f"PullRequest {named}:" in str(caught.value)


def nested(depth: int) -> Any:
    found: Any = "secret"
    for _ in range(depth):
        found = {"a": found}
    return found


@pytest.mark.parametrize("depth", [300, 1000])
def test_too_deep(depth: int) -> None:
    """An object nested deeper than can be encoded is malformed, not a crash."""
    with pytest.raises(MalformedObject, match="cannot be encoded"):
        clean(of_kind("WebRequestCommitStatus", spec={"parameters": nested(depth)}), WEB_REQUEST)


@pytest.mark.parametrize("depth", [120, 300, 1000])
def test_redacted_however_deep(depth: int) -> None:
    """What is redacted holds no object back: below 100 levels its shape goes as well, and nothing of it is told."""
    found = of_kind("WebRequestCommitStatus", spec={"httpRequest": {"headerTemplates": nested(depth)}})
    body = clean(found, WEB_REQUEST)
    assert b"secret" not in body
    assert body.count(b"<redacted>") == 1


def test_cluster_scope() -> None:
    """A cluster-scoped object has no namespace, and one with a namespace is malformed."""
    kind = KINDS["ClusterScmProvider"]
    assert identify({"metadata": {"name": "a"}}, kind).namespace == ""
    with pytest.raises(MalformedObject):
        identify({"metadata": {"name": "a", "namespace": "team"}}, kind)


def test_digests() -> None:
    """The digest changes with what changes the bytes, and with nothing else."""
    shown = [CleaningRules(kind, show_web_request_bodies=True).digest for kind in KINDS.values()]
    hidden = [CleaningRules(kind).digest for kind in KINDS.values()]
    differ = [name for name, one, other in zip(KINDS, shown, hidden, strict=True) if one != other]
    assert differ == ["WebRequestCommitStatus"]
    assert len(set(hidden)) == len(hidden)
    stage = Kind("Stage", "stages", "kargo.akuity.io")
    elsewhere = {kind: CleaningRules(kind, argocd_namespace="delivery").digest for kind in (stage, *KINDS.values())}
    assert [kind.kind for kind in elsewhere if elsewhere[kind] != CleaningRules(kind).digest] == ["Stage"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(_json, _json, st.sampled_from(sorted(KINDS)))
def test_total(spec: Any, status: Any, kind: str) -> None:
    """Whatever spec and status are, an object with a name is cleaned, and cleaning it again changes nothing."""
    metadata = {"name": "a", "resourceVersion": "1"} | ({"namespace": "team"} if KINDS[kind].namespaced else {})
    rules = CleaningRules(KINDS[kind])
    once = clean({"metadata": metadata, "spec": spec, "status": status}, rules)
    assert clean(orjson.loads(once), rules) == once
    assert version_of(orjson.loads(once)) == "1"


def test_too_large() -> None:
    """What no watch could bring, for its line would be too long, is malformed in a list too."""
    with pytest.raises(MalformedObject, match="above the bound"):
        source_object(of_kind("PullRequest", spec="x" * MAX_LINE_BYTES), PULL_REQUEST)


URL = f"https://user:{SECRET}@git.example.com/app?access_token={SECRET}"


@pytest.mark.parametrize("kind", REFLECTED_KINDS, ids=lambda kind: kind.kind)
def test_credentials_in_urls(kind: Kind) -> None:
    """Wherever a URL stands in an object of whatever kind, its credentials do not reach the log."""
    source = {"repoURL": URL, "path": "p"}
    metadata = {"name": "a", "namespace": "team", "resourceVersion": "7", "annotations": {"kargo.akuity.io/x": URL}}
    found = {
        "metadata": metadata if kind.namespaced else {**metadata, "namespace": ""},
        "spec": {"url": URL, "source": source, "sources": [source], "destination": {"server": URL}},
        "status": {"proposed": {"commitStatuses": [{"url": URL}]}, "conditions": [{"message": f"cannot clone {URL}"}]},
        "commits": [source],
    }
    body = clean(found, CleaningRules(kind)).decode()
    assert SECRET not in body
    assert "https://git.example.com/app?access_token=redacted" in body


def test_a_kind_that_no_rule_names() -> None:
    """Fails closed: of it no string is told but its metadata and what an allow list has (``undeclared.redaction``)."""
    rules = CleaningRules(Kind("NovelCommitStatus", "novelcommitstatuses"))
    found = of_kind("PullRequest", spec={"token": SECRET, "headers": {"a": [SECRET]}}, status={"phase": None})
    shown = cleaned({**found, "kind": "NovelCommitStatus"}, rules)
    assert shown["metadata"] == found["metadata"]
    assert shown["spec"] == {"token": REDACTED, "headers": {"a": [REDACTED]}}
    assert shown["status"] == {"phase": None}


#: The fields of the kinds of 0.38 to 0.44 in which somebody may put an address, with what else stands there.
ADDRESSES = {
    "DependentsSuccessfulCommitStatus": (
        {"url": {"template": f'https://user:{SECRET}@ci/{{{{ index .Labels "a" }}}}?token={SECRET}', "options": []}},
        {"environments": [{"branch": "dev", "url": f"https://{SECRET}@ci/x", "upstreams": [{"reason": "waits"}]}]},
    ),
    "ChangeTransferPolicyHistory": (
        {"activeBranch": "dev"},
        {
            "history": [
                {
                    "active": {"dry": {"repoURL": f"https://{SECRET}@git/x", "body": f"see https://u:{SECRET}@x/"}},
                    "pullRequest": {"url": f"https://{SECRET}@git/x/1"},
                }
            ]
        },
    ),
    "RestoreActiveCommit": (
        {"branch": "dev"},
        {"conditions": [{"message": f"cannot push to https://x:{SECRET}@git/x"}]},
    ),
}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_the_addresses_of_the_newer_kinds(kind: str) -> None:
    """Their texts stay as they are stored, but for what the addresses in them carry."""
    spec, status = ADDRESSES[kind]
    told = clean(of_kind(kind, spec=spec, status=status), CleaningRules(KINDS[kind])).decode()
    assert SECRET not in told
    assert REDACTED not in told
    assert '"branch":"dev"' in told or '"activeBranch":"dev"' in told


def test_too_many_urls() -> None:
    """What may hold credentials in more URLs than are looked at is malformed: no part of it is recorded as it is."""
    found = of_kind("PullRequest", spec=["https://t0ken@host"] + ["://"] * MAX_PLACES)
    with pytest.raises(MalformedObject, match="URLs"):
        source_object(found, PULL_REQUEST)


def test_cleaned_by_the_rules_of_now() -> None:
    """What older rules recorded loses what these take away; a kind without rules is cleaned as one nobody declares."""
    older = orjson.dumps(web_request())
    key, recorded = source_object(web_request(), WEB_REQUEST)
    assert cleaned_again(older, key, WEB_REQUEST) == recorded.body
    assert SECRET.encode() not in cleaned_again(older, key, None)
    for body in (b"{", b"[]", b'{"kind": "Other", "apiVersion": "v1", "metadata": {"name": "a"}}'):
        with pytest.raises(MalformedObject):
            cleaned_again(body, key, WEB_REQUEST)
    with pytest.raises(MalformedObject):
        cleaned_again(b"[]", key, None)
