"""Which form an Accept header asks for."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.api.negotiation import Representation, Verb, discovery_version, negotiate, require_json
from promoter_view.web.errors import NotAcceptable

OBJECT, TABLE, METADATA = Representation.OBJECT, Representation.TABLE, Representation.METADATA
AS_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
AS_OLD_TABLE = "application/json;as=Table;v=v1beta1;g=meta.k8s.io"
AS_METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
AS_METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
PROTOBUF = "application/vnd.kubernetes.protobuf"
CBOR = "application/cbor"
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
AGGREGATED_BETA = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"


@pytest.mark.parametrize(
    ("header", "verb", "expected"),
    [
        (None, Verb.GET, OBJECT),
        ("", Verb.GET, OBJECT),
        ("*/*", Verb.LIST, OBJECT),
        ("application/*", Verb.WATCH, OBJECT),
        ("application/json", Verb.GET, OBJECT),
        ("Application/JSON", Verb.GET, OBJECT),
        ("application/json;charset=utf-8", Verb.GET, OBJECT),
        ("application/json;stream=watch", Verb.WATCH, OBJECT),
        ("text/html,application/xhtml+xml,*/*;q=0.8", Verb.GET, OBJECT),
        (f"{AS_TABLE},{AS_OLD_TABLE},application/json", Verb.LIST, TABLE),
        (f"{AS_OLD_TABLE},application/json", Verb.LIST, OBJECT),
        (f"application/json,{AS_TABLE}", Verb.LIST, OBJECT),
        (f"application/json;q=0.5,{AS_TABLE}", Verb.LIST, TABLE),
        (f"{AS_TABLE};q=0,application/json", Verb.LIST, OBJECT),
        ("application/json; as=Table; v=v1; g=meta.k8s.io", Verb.WATCH, TABLE),
        (AS_METADATA, Verb.GET, METADATA),
        (AS_METADATA, Verb.WATCH, METADATA),
        (AS_METADATA_LIST, Verb.LIST, METADATA),
        (f"{AS_METADATA},application/json", Verb.LIST, OBJECT),
        (f"{PROTOBUF},application/json", Verb.LIST, OBJECT),
        (f"{CBOR},{PROTOBUF},{AS_METADATA_LIST}", Verb.LIST, METADATA),
        (f"{PROTOBUF};as=Table;v=v1;g=meta.k8s.io,{AS_TABLE}", Verb.LIST, TABLE),
        ("application/yaml,application/json", Verb.GET, OBJECT),
    ],
)
def test_first_that_can_be_made(header, verb, expected):
    """The first form that can be made wins, whatever cannot be made stands before it."""
    assert negotiate(header, verb).representation is expected


@pytest.mark.parametrize(
    "header",
    [
        PROTOBUF,
        CBOR,
        "application/yaml;stream=watch",
        "text/html",
        "application/json;q=0",
        "application/json;q=x",
        AS_OLD_TABLE,
        "application/json;as=Table;v=v1;g=other",
        "application/json;as=Other;v=v1;g=meta.k8s.io",
        ";;;",
        ",",
    ],
)
def test_nothing_can_be_made(header):
    """Where nothing of the header can be made it is 406, with what could be."""
    with pytest.raises(NotAcceptable, match="application/json"):
        negotiate(header, Verb.WATCH)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("application/json", None),
        (f"{AGGREGATED},application/json", "v2"),
        (f"application/json,{AGGREGATED}", None),
        (f"{AGGREGATED_BETA},{AGGREGATED}", "v2beta1"),
        (f"{AGGREGATED},{AGGREGATED_BETA},application/json", "v2"),
        (f"{AGGREGATED_BETA},application/json", "v2beta1"),
        ("application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList,application/json", None),
        (f"{PROTOBUF},{AGGREGATED_BETA}", "v2beta1"),
    ],
)
def test_aggregated_discovery(header, expected):
    """Aggregated discovery is given to those who ask for it before plain JSON, in the version they ask for first."""
    assert discovery_version(header) == expected


@pytest.mark.parametrize("header", [PROTOBUF, CBOR, "application/json;q=0", "text/html"])
def test_json_is_required(header):
    """A document that comes as JSON only is refused to those who do not take JSON, and to nobody else."""
    with pytest.raises(NotAcceptable):
        require_json(header)
    require_json(f"{header},*/*")


@given(st.text(alphabet='aj*/;,=q.01 "x-é', max_size=80))
def test_any_header_is_read(header):
    """Whatever the header is, there is a form or 406."""
    for ask in (lambda: negotiate(header, Verb.LIST), lambda: discovery_version(header)):
        with suppress(NotAcceptable):
            ask()
