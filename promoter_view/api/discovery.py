"""Discovery documents: what there is, for clients that ask first (API conventions; KEP-3352 aggregated). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promoter_view.journal.serving import bundles as event_bundles
from promoter_view.journal.serving.bundles import SHORT_NAME
from promoter_view.reading.commits.found import KIND, RESOURCE, SINGULAR
from promoter_view.views.definition import GROUP, VERSION, ViewDefinition

_GROUP_VERSION = {"groupVersion": f"{GROUP}/{VERSION}", "version": VERSION}
_VERBS = ["get", "list", "watch"]

Document = Mapping[str, Any]

#: Of no category: what is asked for by one (kubectl get promoter) is listed, and commits are not.
_COMMITS: Document = {
    "name": RESOURCE,
    "singularName": SINGULAR,
    "namespaced": True,
    "kind": KIND,
    "verbs": ["get"],
}
_DISCOVERED_COMMITS: Document = {
    "resource": RESOURCE,
    "responseKind": {"group": GROUP, "version": VERSION, "kind": KIND},
    "scope": "Namespaced",
    "singularResource": SINGULAR,
    "verbs": ["get"],
}
_EVENT_NAMES: Document = {"shortNames": [SHORT_NAME], "verbs": _VERBS}
_EVENTS: Document = {
    "name": event_bundles.PLURAL,
    "singularName": event_bundles.SINGULAR,
    "namespaced": True,
    "kind": event_bundles.KIND,
    **_EVENT_NAMES,
}
_DISCOVERED_EVENTS: Document = {
    "resource": event_bundles.PLURAL,
    "responseKind": {"group": GROUP, "version": VERSION, "kind": event_bundles.KIND},
    "scope": "Namespaced",
    "singularResource": event_bundles.SINGULAR,
    **_EVENT_NAMES,
}


def aggregated_type(version: str) -> str:
    """The media type that says that a document is aggregated discovery; clients look at it, not at the document."""
    return f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"


def api_versions() -> Document:
    """``/api``: the core group, of which nothing is served."""
    return {"kind": "APIVersions", "versions": [], "serverAddressByClientCIDRs": []}


def api_group() -> Document:
    """``/apis/GROUP``."""
    return {"kind": "APIGroup", "apiVersion": "v1", **_group()}


def api_group_list() -> Document:
    """``/apis``."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group()]}


def api_resource_list(definitions: Sequence[ViewDefinition]) -> Document:
    """``/apis/GROUP/VERSION``."""
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": _GROUP_VERSION["groupVersion"],
        "resources": [*map(_resource, definitions), _COMMITS, _EVENTS],
    }


def group_discovery_list(definitions: Sequence[ViewDefinition], version: str) -> Document:
    """``/apis`` as APIGroupDiscoveryList of that version; without definitions that of ``/api``."""
    versions = [
        {
            "version": VERSION,
            "resources": [*map(_discovered, definitions), _DISCOVERED_COMMITS, _DISCOVERED_EVENTS],
            "freshness": "Current",
        }
    ]
    items = [{"metadata": {"name": GROUP, "creationTimestamp": None}, "versions": versions}]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": items if definitions else [],
    }


def version_info(version: str) -> Document:
    """``/version`` (version.Info)."""
    major, minor, *_ = [*version.split("."), "0", "0"]
    return {"major": major, "minor": minor, "gitVersion": f"v{version}"}


def _group() -> Document:
    return {"name": GROUP, "versions": [_GROUP_VERSION], "preferredVersion": _GROUP_VERSION}


def _resource(definition: ViewDefinition) -> Document:
    return {
        "name": definition.plural,
        "singularName": definition.plural,
        "namespaced": True,
        "kind": definition.kind,
        "verbs": _VERBS,
        "shortNames": list(definition.short_names),
        "categories": list(definition.categories),
    }


def _discovered(definition: ViewDefinition) -> Document:
    return {
        "resource": definition.plural,
        "responseKind": {"group": GROUP, "version": VERSION, "kind": definition.kind},
        "scope": "Namespaced",
        "singularResource": definition.plural,
        "verbs": _VERBS,
        "shortNames": list(definition.short_names),
        "categories": list(definition.categories),
    }
