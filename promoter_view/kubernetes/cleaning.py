"""What of a source object reaches the log: nothing secret, nothing that only copies or only ticks. Pure.

Objects keep the order of their keys; what no rule names stays as it was stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from promoter_view.kubernetes.application_cleaning import reduce_application
from promoter_view.kubernetes.bounds import MAX_LINE_BYTES
from promoter_view.kubernetes.documents import version_of
from promoter_view.kubernetes.kargo_cleaning import redact_promotion, redact_stage
from promoter_view.kubernetes.kinds import Kind
from promoter_view.kubernetes.redaction import Json, each, inside, replace, within
from promoter_view.kubernetes.undeclared.redaction import redact_undeclared
from promoter_view.records import ObjectKey, SourceObject
from promoter_view.urls import TooManyURLs, without_credentials

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

#: Stepped when a rule changes: every log then lists its paths again.
_RULES = 5
_COUNTDOWN = "atMostDurationRemaining"
_CREDENTIALS = frozenset({"headerTemplates", "authentication"})
_BODIES = frozenset({"bodyTemplate"})
_RESPONSES = frozenset({"triggerOutput", "responseOutput", "successOutput"})


class MalformedObject(ValueError):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """Not an object of the kind that was asked for. ``name`` and ``namespace`` as far as they are known."""

    def __init__(self, kind: str, namespace: str, name: str, reason: str) -> None:
        super().__init__(f"{kind} {namespace or '-'}/{name or '-'}: {reason}")
        self.key = ObjectKey(kind, namespace, name)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CleaningRules:
    """How objects of one kind are cleaned. ``show_web_request_bodies`` is the option of that name.

    ``keep_version`` False: without metadata.resourceVersion, for whoever serves the object gives it one of its own.
    ``argocd_namespace``: that of Applications which a Stage names without one. It changes no byte of the Stage, but
    what is read from it.
    """

    kind: Kind
    show_web_request_bodies: bool = False
    keep_version: bool = True
    argocd_namespace: str = "argocd"

    @property
    def digest(self) -> str:
        """Another digest where other bytes may come of the same object."""
        shown = self.kind.kind == "WebRequestCommitStatus" and self.show_web_request_bodies
        named = f"{_RULES} {self.kind.api_version} {self.kind.kind} {shown}" + ("" if self.keep_version else " bare")
        if self.kind.kind == "Stage":
            named += f" {self.argocd_namespace}"
        if self.kind.kind == "Application":
            named += " contacts"
        if self.kind.kind == "TimedCommitStatus":
            named += f" without {_COUNTDOWN}"
        if self.kind.kind not in _RULES_OF:
            named += " by allow list"
        return hashlib.sha256(named.encode()).hexdigest()[:16]


def identify(document: Any, kind: Kind) -> ObjectKey:
    """The key of an object of that kind. Errors: MalformedObject."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict):
        raise MalformedObject(kind.kind, "", "", "has no metadata")
    namespace, name = _text(metadata.get("namespace")), _text(metadata.get("name"))
    reason = _fault(document, kind, namespace, name)
    if reason:
        raise MalformedObject(kind.kind, namespace, name, reason)
    return ObjectKey(kind.kind, namespace, name)


def source_object(document: Any, rules: CleaningRules) -> tuple[ObjectKey, SourceObject]:
    """What is recorded of a decoded object. Errors: MalformedObject."""
    key = identify(document, rules.kind)
    version = version_of(document)
    if not version:
        raise MalformedObject(*key, "has no metadata.resourceVersion")
    return key, SourceObject(_encode(document, rules, key), version)


def cleaned_again(body: bytes, key: ObjectKey, rules: CleaningRules | None) -> bytes:
    """What was recorded by rules that may be others, as these record it; None: those of a kind that nobody declares.

    Errors: MalformedObject.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedObject(*key, "is not JSON") from error
    chosen = rules or CleaningRules(_kind_of(document, key))
    identify(document, chosen.kind)
    return _encode(document, chosen, key)


def _kind_of(document: Any, key: ObjectKey) -> Kind:
    version = _text(document.get("apiVersion")) if isinstance(document, dict) else ""
    group, _, version = version.rpartition("/")
    return Kind(key.kind, "", group, version, namespaced=bool(key.namespace))


def _encode(document: Json, rules: CleaningRules, key: ObjectKey) -> bytes:
    cleaned = {**document, "metadata": _clean_metadata(document["metadata"], rules)}
    if "kind" not in document or "apiVersion" not in document:
        cleaned = {"apiVersion": rules.kind.api_version, "kind": rules.kind.kind, **cleaned}
    rule = _RULES_OF.get(rules.kind.kind, _by_allow_list)
    try:
        encoded = without_credentials(orjson.dumps(rule(cleaned, rules)))
    except TypeError as error:  # orjson: nesting past its own bound
        raise MalformedObject(*key, f"cannot be encoded: {error}") from error
    except TooManyURLs as error:
        raise MalformedObject(*key, str(error)) from error
    if len(encoded) > MAX_LINE_BYTES:  # a watch could not bring it either
        raise MalformedObject(*key, f"has {len(encoded)} bytes, above the bound of {MAX_LINE_BYTES}")
    # A copy of its exact size: orjson's buffers grow by doubling, and kept as they are they hold 2.5 times the memory.
    return bytes(memoryview(encoded))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _fault(document: Json, kind: Kind, namespace: str, name: str) -> str | None:
    if document.get("kind", kind.kind) != kind.kind or document.get("apiVersion", kind.api_version) != kind.api_version:
        return f"is not a {kind.api_version} {kind.kind}"
    if not name:
        return "has no metadata.name"
    if "/" in name or "/" in namespace:
        return "has a slash in its name or namespace"
    if bool(namespace) is not kind.namespaced:
        return "has no metadata.namespace" if kind.namespaced else "has a namespace, though its kind has none"
    return None


def _clean_metadata(metadata: Json, rules: CleaningRules) -> Json:
    left_out = ("managedFields",) if rules.keep_version else ("managedFields", "resourceVersion")
    cleaned = {name: value for name, value in metadata.items() if name not in left_out}
    annotations = cleaned.get("annotations")
    if not isinstance(annotations, dict):
        return cleaned
    kept = {name: value for name, value in annotations.items() if name != LAST_APPLIED}
    if kept:
        cleaned["annotations"] = kept
    else:
        del cleaned["annotations"]
    return cleaned


def _reduce_promotion_strategy(document: Json, rules: CleaningRules) -> Json:  # noqa: ARG001
    """Its status copies what ChangeTransferPolicies say: only what is its own stays."""
    return replace(document, "status", _own_status)


def _own_status(status: Any) -> Any:
    if not isinstance(status, dict):
        return status
    own = {name: value for name, value in status.items() if name in ("conditions", "observedGeneration")}
    environments = status.get("environments")
    healthy = [
        {name: value for name, value in environment.items() if name in ("branch", "lastHealthyDryShas")}
        for environment in (environments if isinstance(environments, list) else ())
        if isinstance(environment, dict) and environment.get("lastHealthyDryShas")
    ]
    return {**own, "environments": healthy} if healthy else own


def _without_countdown(document: Json, rules: CleaningRules) -> Json:  # noqa: ARG001
    """A TimedCommitStatus counts down at each look; when its time has passed follows from what stays."""
    return replace(document, "status", _uncounted)


def _uncounted(status: Any) -> Any:
    environments = status.get("environments") if isinstance(status, dict) else None
    if not isinstance(environments, list):
        return status
    kept = [
        {name: value for name, value in each.items() if name != _COUNTDOWN} if isinstance(each, dict) else each
        for each in environments
    ]
    return {**status, "environments": kept}


def _without_status(document: Json, rules: CleaningRules) -> Json:  # noqa: ARG001
    """Of what a Warehouse has found, each time it looks, and of a Project's statistics nothing is ever asked."""
    kept = {name: value for name, value in document.items() if name != "status"}
    metadata = {name: value for name, value in document["metadata"].items() if name != "resourceVersion"}
    return {**kept, "metadata": metadata}


def _policies_only(document: Json, rules: CleaningRules) -> Json:
    """Of a ProjectConfig: the addresses of webhooks that it has beside its policies are as good as secrets."""
    kept = _without_status({name: document[name] for name in _IDENTITY if name in document}, rules)
    spec = document.get("spec")
    policies = spec.get("promotionPolicies") if isinstance(spec, dict) else None
    return {**kept, "spec": {"promotionPolicies": policies}} if policies else kept


def _redact_web_request(document: Json, rules: CleaningRules) -> Json:
    """Fails closed: what is not shaped as the CRD has it is redacted as a whole."""
    shown = rules.show_web_request_bodies
    names = _CREDENTIALS if shown else _CREDENTIALS | _BODIES
    spec = inside("httpRequest", within(names))
    cleaned = replace(document, "spec", spec)
    return cleaned if shown else replace(cleaned, "status", _redact_status)


def _redact_status(status: Any) -> Any:
    responses = within(_RESPONSES)
    environments = inside("environments", each(responses))
    return inside("promotionStrategyContext", responses)(environments(status))


def _as_stored(document: Json, rules: CleaningRules) -> Json:  # noqa: ARG001
    """Of its fields none is made to carry a credential; what URLs carry is taken out of every kind."""
    return document


def _by_allow_list(document: Json, rules: CleaningRules) -> Json:  # noqa: ARG001
    """Fails closed: of a kind that no rule names it is not known where credentials stand."""
    return redact_undeclared(document)


#: Beside the cluster's kinds those of the views, as a dashboard of its own reflects them: they were cleaned before.
_AS_STORED = (
    "ChangeTransferPolicy",
    "ChangeTransferPolicyHistory",
    "PullRequest",
    "CommitStatus",
    "ArgoCDCommitStatus",
    "GitCommitStatus",
    "DependentsSuccessfulCommitStatus",
    "ScheduledCommitStatus",
    "RestoreActiveCommit",
    "GitRepository",
    "ScmProvider",
    "ClusterScmProvider",
    "Freight",
    "PromotionStrategyDetails",
    "StageDetails",
)
_IDENTITY = ("apiVersion", "kind", "metadata")
_RULES_OF: Mapping[str, Callable[[Json, CleaningRules], Json]] = {
    **dict.fromkeys(_AS_STORED, _as_stored),
    "PromotionStrategy": _reduce_promotion_strategy,
    "TimedCommitStatus": _without_countdown,
    "WebRequestCommitStatus": _redact_web_request,
    "Warehouse": _without_status,
    "ProjectConfig": _policies_only,
    "Promotion": lambda document, _: redact_promotion(document),
    "Stage": lambda document, _: redact_stage(document),
    "Application": lambda document, _: reduce_application(document),
}
