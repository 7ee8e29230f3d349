"""The requests that are put to kube-apiserver and to us, and each difference with its reason.

Words in braces: ``head``, the newest resourceVersion; ``old``, the one before the changes of the test; ``future``, one
that does not exist yet; ``token``, a continue token; ``expired``, one whose state is gone; ``ancient``, a
resourceVersion whose history is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.controlplane.conformance import Difference, Row

_ONE = "/namespaces/conform-a/{resource}/alpha"
_NAMESPACED = "/namespaces/conform-a/{resource}"
_JSON = "application/json"
_YAML = "application/yaml"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_METADATA = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
_KUBECTL = f"{_TABLE},application/json;as=Table;v=v1beta1;g=meta.k8s.io,{_JSON}"
_WATCH_LIST = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
_SECOND = "&timeoutSeconds=1"


def _rows(group: str, requests: Mapping[str, str], **common: Any) -> Iterator[Row]:
    for title, query in requests.items():
        yield Row(f"{group}: {title}", query, **common)


LISTS = (
    *_rows(
        "list",
        {
            "all": "",
            "limit": "limit=2",
            "limit of all": "limit=100",
            "limit 0": "limit=0",
            "negative limit": "limit=-1",
            "limit no number": "limit=abc",
            "limit empty": "limit=",
            "limit a fraction": "limit=1.5",
            "limit too large": "limit=99999999999999999999",
            "limit twice": "limit=2&limit=3",
            "limit with a plus": "limit=%2B2",
            "limit in hexadecimal": "limit=0x2",
            "limit with a blank": "limit=%202",
            "limit with an underscore": "limit=1_0",
            "timeoutSeconds": "timeoutSeconds=5",
            "timeoutSeconds no number": "timeoutSeconds=abc",
            "negative timeoutSeconds": "timeoutSeconds=-1",
            "unknown parameter": "colour=blue",
            "watch=false": "watch=false",
            "watch=0": "watch=0",
            "allowWatchBookmarks": "allowWatchBookmarks=true",
            "broken escape": "labelSelector=%zz",
            "semicolon": "limit=1;limit=2",
            "shardSelector empty": "shardSelector=",
        },
    ),
    Row("list: of a namespace", path=_NAMESPACED),
    Row("list: of an empty namespace", path="/namespaces/conform-nothing/{resource}"),
    Row("list: with a limit in a namespace", "limit=1", _NAMESPACED),
)

PAGES = tuple(
    _rows(
        "page",
        {
            "second": "limit=2&continue={token}",
            "rest": "continue={token}",
            "with another limit": "limit=1&continue={token}",
            "garbage token": "limit=2&continue=garbage",
            "token of JSON": "limit=2&continue=e30",
            "empty token": "limit=2&continue=",
            "resourceVersion 0": "limit=2&continue={token}&resourceVersion=0",
            "resourceVersion": "limit=2&continue={token}&resourceVersion={head}",
            "resourceVersion no number": "limit=2&continue={token}&resourceVersion=abc",
            "match": "limit=2&continue={token}&resourceVersionMatch=Exact&resourceVersion={head}",
            "match without version": "limit=2&continue={token}&resourceVersionMatch=NotOlderThan",
            "expired token": "limit=2&continue={expired}",
            "selector": "limit=1&labelSelector=tier",
            "field selector": "limit=1&fieldSelector=metadata.name!%3Dalpha",
            "selector of nothing": "limit=1&labelSelector=nothing",
        },
    )
)

VERSIONS = tuple(
    _rows(
        "version",
        {
            "0": "resourceVersion=0",
            "empty": "resourceVersion=",
            "head": "resourceVersion={head}",
            "old": "resourceVersion={old}",
            "future": "resourceVersion={future}",
            "no number": "resourceVersion=abc",
            "negative": "resourceVersion=-1",
            "a fraction": "resourceVersion=1.5",
            "plus": "resourceVersion=%2B5",
            "too large": "resourceVersion=99999999999999999999999",
            "2^64": "resourceVersion=18446744073709551616",
            "leading zeros": "resourceVersion=00",
            "blank": "resourceVersion=%20",
            "0 with limit": "resourceVersion=0&limit=2",
            "head with limit": "resourceVersion={head}&limit=2",
            "old with limit": "resourceVersion={old}&limit=100",
            "future with limit": "resourceVersion={future}&limit=2",
            "ancient": "resourceVersion={ancient}",
            "ancient with limit": "resourceVersion={ancient}&limit=2",
            "exact": "resourceVersion={head}&resourceVersionMatch=Exact",
            "exact old": "resourceVersion={old}&resourceVersionMatch=Exact",
            "exact old in pages": "resourceVersion={old}&resourceVersionMatch=Exact&limit=2",
            "exact ancient": "resourceVersion={ancient}&resourceVersionMatch=Exact",
            "exact future": "resourceVersion={future}&resourceVersionMatch=Exact",
            "exact 0": "resourceVersion=0&resourceVersionMatch=Exact",
            "exact of nothing": "resourceVersionMatch=Exact",
            "exact empty": "resourceVersion=&resourceVersionMatch=Exact",
            "exact no number": "resourceVersion=abc&resourceVersionMatch=Exact",
            "exact with a selector": "resourceVersion={old}&resourceVersionMatch=Exact&labelSelector=tier%3Dfront",
            "not older than head": "resourceVersion={head}&resourceVersionMatch=NotOlderThan",
            "not older than 0": "resourceVersion=0&resourceVersionMatch=NotOlderThan",
            "not older than head with limit": "resourceVersion={head}&resourceVersionMatch=NotOlderThan&limit=2",
            "not older than future": "resourceVersion={future}&resourceVersionMatch=NotOlderThan",
            "not older than nothing": "resourceVersionMatch=NotOlderThan",
            "unknown match": "resourceVersion={head}&resourceVersionMatch=Nearly",
            "unknown match of nothing": "resourceVersionMatch=Nearly",
            "match in small letters": "resourceVersion={head}&resourceVersionMatch=exact",
            "empty match": "resourceVersion={head}&resourceVersionMatch=",
            "initial events": "sendInitialEvents=true",
            "no initial events": "sendInitialEvents=false",
            "initial events with match": "sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
            "initial events no boolean": "sendInitialEvents=perhaps",
        },
    )
)

LABELS = tuple(
    _rows(
        "label",
        {
            "=": "labelSelector=tier%3Dfront",
            "==": "labelSelector=tier%3D%3Dfront",
            "!=": "labelSelector=tier!%3Dfront",
            "in": "labelSelector=tier%20in%20(front,back)",
            "in with blanks": "labelSelector=tier%20in%20(%20front%20,%20back%20)",
            "in without blanks": "labelSelector=tier%20in(front)",
            "in nothing": "labelSelector=tier%20in%20()",
            "notin": "labelSelector=tier%20notin%20(front)",
            "exists": "labelSelector=tier",
            "absent": "labelSelector=!tier",
            "absent with a blank": "labelSelector=!%20tier",
            "several": "labelSelector=tier%3Dfront,team",
            "prefix": "labelSelector=example.com/weight",
            "greater": "labelSelector=example.com/weight>10",
            "less": "labelSelector=example.com/weight<10",
            "greater than no number": "labelSelector=example.com/weight>heavy",
            "greater than a negative": "labelSelector=example.com/weight>-1",
            "empty value": "labelSelector=tier%3D",
            "not the empty value": "labelSelector=tier!%3D",
            "comma at the end": "labelSelector=tier,",
            "comma at the beginning": "labelSelector=,tier",
            "comma alone": "labelSelector=,",
            "double comma": "labelSelector=tier,,team",
            "operator alone": "labelSelector=%3D",
            "unknown operator": "labelSelector=tier~front",
            "unknown word": "labelSelector=tier%20near%20(front)",
            "three equals": "labelSelector=tier%3D%3D%3Dfront",
            "open parenthesis": "labelSelector=tier%20in%20(front",
            "no parenthesis": "labelSelector=tier%20in%20front",
            "key in": "labelSelector=in%20in%20(in)",
            "bad key": "labelSelector=-tier",
            "bad prefix": "labelSelector=Example_com/tier",
            "two slashes": "labelSelector=a/b/c",
            "bad value": "labelSelector=tier%3D-front",
            "long value": f"labelSelector=tier%3D{'x' * 64}",
            "long key": f"labelSelector={'x' * 64}",
            "empty": "labelSelector=",
            "blanks": "labelSelector=%20%20",
            "not UTF-8": "labelSelector=%ff",
            "negated set": "labelSelector=!tier%20in%20(front)",
            "twice": "labelSelector=tier%3Dfront&labelSelector=tier%3Dback",
            "contradiction": "labelSelector=tier%3Dfront,tier%3Dback",
        },
    )
)

FIELDS = tuple(
    _rows(
        "field",
        {
            "name": "fieldSelector=metadata.name%3Dalpha",
            "name ==": "fieldSelector=metadata.name%3D%3Dalpha",
            "not the name": "fieldSelector=metadata.name!%3Dalpha",
            "namespace": "fieldSelector=metadata.namespace%3Dconform-b",
            "both": "fieldSelector=metadata.namespace%3Dconform-a,metadata.name%3Dalpha",
            "contradiction": "fieldSelector=metadata.name%3Dalpha,metadata.name%3Dbeta",
            "empty name": "fieldSelector=metadata.name%3D",
            "not the empty name": "fieldSelector=metadata.name!%3D",
            "unknown": "fieldSelector=spec.colour%3Dblue",
            "unknown and not": "fieldSelector=spec.colour!%3Dblue",
            "labels": "fieldSelector=metadata.labels%3Dx",
            "uid": "fieldSelector=metadata.uid%3Dx",
            "unknown of nothing": "fieldSelector=status.phase%3D",
            "garbage": "fieldSelector=garbage",
            "name alone": "fieldSelector=metadata.name",
            "in": "fieldSelector=metadata.name%20in%20(alpha)",
            "operator alone": "fieldSelector=%3D",
            "comma at the end": "fieldSelector=metadata.name%3Dalpha,",
            "lone backslash": "fieldSelector=metadata.name%3Dalpha%5C",
            "bad escape": "fieldSelector=metadata.name%3Dal%5Cpha",
            "escaped comma": "fieldSelector=metadata.name%3Da%5C,b",
            "blanks": "fieldSelector=metadata.name%20%3D%20alpha",
            "empty": "fieldSelector=",
            "with labels": "fieldSelector=metadata.name%3Dalpha&labelSelector=tier%3Dfront",
            "impossible name": "fieldSelector=metadata.name%3DNOT_A_NAME",
        },
    )
)


def _accepts(group: str, headers: Mapping[str, str], **common: Any) -> Iterator[Row]:
    for title, accept in headers.items():
        yield Row(f"{group}: {title}", headers={"Accept": accept}, **common)


_MEDIA_TYPES = {
    "anything": "*/*",
    "any application": "application/*",
    "JSON": _JSON,
    "JSON in capitals": "Application/JSON",
    "JSON in UTF-8": "application/json; charset=utf-8",
    "YAML": _YAML,
    "JSON or YAML": f"{_JSON},{_YAML}",
    "YAML or JSON": f"{_YAML},{_JSON}",
    "YAML preferred": f"{_JSON};q=0.5,{_YAML};q=0.9",
    "Table": _TABLE,
    "as kubectl": _KUBECTL,
    "Table of another version": "application/json;as=Table;v=v2;g=meta.k8s.io",
    "Table of v1beta1": "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
    "Table of another version, or JSON": f"application/json;as=Table;v=v2;g=meta.k8s.io,{_JSON}",
    "Table in YAML": "application/yaml;as=Table;v=v1;g=meta.k8s.io",
    "metadata": _METADATA,
    "list of metadata": _METADATA_LIST,
    "metadata or JSON": f"{_METADATA},{_JSON}",
    "something else": "application/json;as=Something;v=v1;g=meta.k8s.io",
    "protobuf": "application/vnd.kubernetes.protobuf",
    "protobuf or JSON": f"application/vnd.kubernetes.protobuf,{_JSON}",
    "CBOR or JSON": f"application/cbor,{_JSON}",
    "HTML": "text/html",
    "as a browser": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "JSON refused": f"{_JSON};q=0",
    "garbage": "garbage",
    "empty": "",
    "comma": ",",
    "text": "text/plain",
    "pretty": "application/json;pretty=1",
}

MEDIA = (
    *_accepts("accept of a list", _MEDIA_TYPES),
    *_accepts("accept of a get", _MEDIA_TYPES, path=_ONE),
    Row("error in a Table", headers={"Accept": _TABLE}, path=_NAMESPACED + "/nobody"),
    Row("error in YAML", headers={"Accept": _YAML}, path=_NAMESPACED + "/nobody"),
    Row("error in HTML", headers={"Accept": "text/html"}, path=_NAMESPACED + "/nobody"),
    Row("bad request in YAML", "limit=abc", headers={"Accept": _YAML}),
    Row("pretty", "pretty=true"),
    Row("pretty 1", "pretty=1"),
    Row("pretty false", "pretty=false", headers={"User-Agent": "curl/8.0"}),
    Row("pretty without a value", "pretty"),
    Row("pretty for curl", headers={"User-Agent": "curl/8.0"}),
    Row("pretty for wget", headers={"User-Agent": "Wget/1.21"}),
    Row("pretty for a browser", headers={"User-Agent": "Mozilla/5.0 (X11)"}),
    Row("pretty get for curl", headers={"User-Agent": "curl/8.0"}, path=_ONE),
    Row("pretty error for curl", headers={"User-Agent": "curl/8.0"}, path=_NAMESPACED + "/nobody"),
    Row("pretty Table", "pretty=true", headers={"Accept": _TABLE}),
    *_rows(
        "includeObject",
        {name: f"includeObject={name}" for name in ("None", "Metadata", "Object", "", "metadata", "Everything")},
        headers={"Accept": _TABLE},
    ),
    Row("includeObject without a Table", "includeObject=Everything"),
    Row("Table in pages", "limit=2", headers={"Accept": _TABLE}),
    Row("Table of nothing", "labelSelector=nothing", headers={"Accept": _TABLE}),
    Row("metadata in pages", "limit=2", headers={"Accept": _METADATA_LIST}),
)

GETS = (
    Row("get", path=_ONE),
    Row("get: no such object", path=_NAMESPACED + "/nobody"),
    Row("get: no such namespace", path="/namespaces/conform-nothing/{resource}/alpha"),
    Row("get: in capitals", path=_NAMESPACED + "/ALPHA"),
    Row("get: escaped", path=_NAMESPACED + "/al%70ha"),
    Row("get: not UTF-8", path=_NAMESPACED + "/%ff"),
    *_rows(
        "get",
        {
            "at 0": "resourceVersion=0",
            "at head": "resourceVersion={head}",
            "at old": "resourceVersion={old}",
            "in the future": "resourceVersion={future}",
            "at no number": "resourceVersion=abc",
            "with watch": "watch=1",
            "with a bad limit": "limit=abc",
            "with a bad labelSelector": "labelSelector=%3D",
            "with a field selector": "fieldSelector=metadata.name%3Dbeta",
            "with a match": "resourceVersionMatch=Exact",
        },
        path=_ONE,
    ),
    Row("get: with a slash at the end", path=_ONE + "/"),
    Row("get: without a namespace", path="/{resource}/alpha"),
    Row("get: of a namespace without a name", path="/namespaces//{resource}"),
    Row("get: no such resource", path="/nothings"),
    Row("get: no such resource in a namespace", path="/namespaces/conform-a/nothings"),
    Row("get: no such subresource", path=_ONE + "/nothing"),
    Row("get: list with a slash at the end", path="/{resource}/"),
    Row("get: double slash", path="//{resource}"),
    Row("get: resource in capitals", path="/{kind}"),
    Row("get: deeper", path=_ONE + "/nothing/nothing"),
)

_BODY = '{{"apiVersion":"{group}/v1alpha1","kind":"{kind}","metadata":{{"name":"new"}}}}'

WRITES = tuple(
    Row(f"method: {method} on {title}", path=path, method=method, body=_BODY, headers={"Content-Type": _JSON})
    for method, title, path in (
        ("POST", "nothing", "/nothings"),
        ("HEAD", "a collection", "/{resource}"),
        ("HEAD", "an object", _ONE),
        ("HEAD", "nobody", _NAMESPACED + "/nobody"),
        ("OPTIONS", "a collection", _NAMESPACED),
        ("TRACE", "a collection", _NAMESPACED),
        ("BREW", "a collection", _NAMESPACED),
    )
) + tuple(
    Row(f"method: {method} on {title}", "dryRun=All", path, method, {"Content-Type": _JSON}, _BODY)
    for method, title, path in (
        ("POST", "a namespace", _NAMESPACED),
        ("POST", "all namespaces", "/{resource}"),
        ("POST", "an object", _ONE),
        ("DELETE", "an object", _ONE),
        ("DELETE", "a namespace", _NAMESPACED),
        ("DELETE", "all namespaces", "/{resource}"),
        ("PUT", "an object", _ONE),
        ("PUT", "a namespace", _NAMESPACED),
        ("PATCH", "an object", _ONE),
        ("PATCH", "a namespace", _NAMESPACED),
    )
)

_WATCHES = {
    "bare": "watch=1",
    "watch=true": "watch=true",
    "watch": "watch",
    "watch=anything": "watch=anything",
    "at 0": "watch=1&resourceVersion=0",
    "at head": "watch=1&resourceVersion={head}",
    "at old": "watch=1&resourceVersion={old}",
    "ancient": "watch=1&resourceVersion={ancient}",
    "in the future": "watch=1&resourceVersion={future}",
    "at no number": "watch=1&resourceVersion=abc",
    "at a negative": "watch=1&resourceVersion=-1",
    "bookmarks": "watch=1&resourceVersion={head}&allowWatchBookmarks=true",
    "bookmarks no boolean": "watch=1&resourceVersion={head}&allowWatchBookmarks=perhaps",
    "labels that hold": "watch=1&resourceVersion={old}&labelSelector=team%3Dred",
    "labels left": "watch=1&resourceVersion={old}&labelSelector=tier%3Dfront",
    "labels gained": "watch=1&resourceVersion={old}&labelSelector=tier%3Dback",
    "labels absent": "watch=1&resourceVersion={old}&labelSelector=!tier",
    "name": "watch=1&resourceVersion={old}&fieldSelector=metadata.name%3Dbeta",
    "name of another": "watch=1&resourceVersion={old}&fieldSelector=metadata.name%3Dnobody",
    "namespace": "watch=1&resourceVersion={old}&fieldSelector=metadata.namespace%3Dconform-b",
    "unknown field": "watch=1&fieldSelector=spec.colour%3Dblue",
    "bad labels": "watch=1&labelSelector=%3D",
    "initial state with labels": "watch=1&labelSelector=tier%3Dfront",
    "limit": "watch=1&limit=1",
    "limit no number": "watch=1&limit=abc",
    "continue": "watch=1&continue={token}",
    "continue garbage": "watch=1&continue=garbage",
    "match alone": "watch=1&resourceVersionMatch=NotOlderThan",
    "match with a version": "watch=1&resourceVersion={head}&resourceVersionMatch=NotOlderThan",
    "exact": "watch=1&resourceVersion={head}&resourceVersionMatch=Exact",
    "unknown match": "watch=1&resourceVersion={head}&resourceVersionMatch=Nearly",
    "WatchList": f"watch=1&{_WATCH_LIST}",
    "WatchList at 0": f"watch=1&resourceVersion=0&{_WATCH_LIST}",
    "WatchList at head": f"watch=1&resourceVersion={{head}}&{_WATCH_LIST}",
    "WatchList at old": f"watch=1&resourceVersion={{old}}&{_WATCH_LIST}",
    "WatchList ancient": f"watch=1&resourceVersion={{ancient}}&{_WATCH_LIST}",
    "WatchList in the future": f"watch=1&resourceVersion={{future}}&{_WATCH_LIST}",
    "WatchList at no number": f"watch=1&resourceVersion=abc&{_WATCH_LIST}",
    "WatchList with labels": f"watch=1&{_WATCH_LIST}&labelSelector=tier%3Dfront",
    "WatchList of a name": f"watch=1&{_WATCH_LIST}&fieldSelector=metadata.name%3Dalpha",
    "WatchList of nothing": f"watch=1&{_WATCH_LIST}&labelSelector=nothing",
    "WatchList without bookmarks": "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
    "WatchList without match": "watch=1&sendInitialEvents=true&allowWatchBookmarks=true",
    "WatchList exact": "watch=1&sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion={head}",
    "WatchList unknown match": "watch=1&sendInitialEvents=true&resourceVersionMatch=Nearly",
    "WatchList with continue": f"watch=1&{_WATCH_LIST}&continue={{token}}",
    "WatchList false": "watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true",
    "WatchList false at old": "watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion={old}",
    "WatchList false without match": "watch=1&sendInitialEvents=false",
    "WatchList empty": "watch=1&sendInitialEvents=&resourceVersionMatch=NotOlderThan",
}

WATCHES = (
    *_rows("watch", {title: query + _SECOND for title, query in _WATCHES.items()}),
    Row("watch: timeout no number", "watch=1&timeoutSeconds=abc"),
    Row("watch: of a namespace", f"watch=1&resourceVersion={{old}}{_SECOND}", _NAMESPACED),
    Row("watch: of an empty namespace", f"watch=1{_SECOND}", "/namespaces/conform-nothing/{resource}"),
    Row("watch: as a Table", f"watch=1{_SECOND}", headers={"Accept": _TABLE}),
    Row("watch: as kubectl", f"watch=1&resourceVersion={{old}}{_SECOND}", headers={"Accept": _KUBECTL}),
    Row("watch: a Table of objects", f"watch=1&includeObject=Object{_SECOND}", headers={"Accept": _TABLE}),
    Row("watch: a Table of nothing", f"watch=1&includeObject=None{_SECOND}", headers={"Accept": _TABLE}),
    Row("watch: WatchList as a Table", f"watch=1&{_WATCH_LIST}{_SECOND}", headers={"Accept": _TABLE}),
    Row("watch: as metadata", f"watch=1{_SECOND}", headers={"Accept": _METADATA}),
    Row("watch: as a list of metadata", f"watch=1{_SECOND}", headers={"Accept": _METADATA_LIST}),
    Row("watch: WatchList as metadata", f"watch=1&{_WATCH_LIST}{_SECOND}", headers={"Accept": _METADATA}),
    Row("watch: ERROR as a Table", f"watch=1&resourceVersion={{ancient}}{_SECOND}", headers={"Accept": _TABLE}),
    Row("watch: YAML", f"watch=1{_SECOND}", headers={"Accept": _YAML}),
    Row("watch: YAML or JSON", f"watch=1{_SECOND}", headers={"Accept": f"{_YAML},{_JSON}"}),
    Row("watch: HTML", f"watch=1{_SECOND}", headers={"Accept": "text/html"}),
    Row("watch: stream of JSON", f"watch=1{_SECOND}", headers={"Accept": "application/json;stream=watch"}),
    Row("watch: protobuf", f"watch=1{_SECOND}", headers={"Accept": "application/vnd.kubernetes.protobuf"}),
    Row("watch: pretty", f"watch=1&pretty=true{_SECOND}"),
    Row("watch: for curl", f"watch=1{_SECOND}", headers={"User-Agent": "curl/8.0"}),
    Row("watch: old path", f"resourceVersion={{old}}{_SECOND}", "/watch/{resource}"),
)

ROWS = (*LISTS, *PAGES, *VERSIONS, *LABELS, *FIELDS, *MEDIA, *GETS, *WRITES, *WATCHES)

_LIMITED = {"metadata": ["continue", "remainingItemCount", "resourceVersion"]}
_BAD_REQUEST = {"answer": "400 BadRequest"}
_NOT_FOUND = {"answer": "404 NotFound"}
_NOT_ALLOWED = {"answer": "405 MethodNotAllowed"}
_NOT_ACCEPTABLE = {"answer": "406 NotAcceptable"}
_TIMEOUT = {"answer": "504 Timeout"}

DIFFERENCES = (
    Difference(
        "A limit counts at resourceVersion 0 too: kube-apiserver's watch cache leaves it out and answers with all.",
        {
            "version: 0 with limit": {**_LIMITED, "items": ["conform-a/alpha", "conform-a/beta"], "remaining": 3},
            "page: resourceVersion 0": {
                **_LIMITED,
                "items": ["conform-a/epsilon", "conform-a/gamma"],
                "remaining": 1,
            },
        },
    ),
    Difference(
        "A resourceVersion that cannot be read is the client's fault: kube-apiserver says 500, as if it were its own.",
        {
            "get: at no number": _BAD_REQUEST,
            "watch: at no number": _BAD_REQUEST,
            "watch: at a negative": _BAD_REQUEST,
            "watch: WatchList at no number": _BAD_REQUEST,
        },
    ),
    Difference(
        "A watch from beyond the head is refused, as a list is: kube-apiserver holds it open in silence, and after a "
        "restored backup its client would miss what comes until then.",
        {"watch: in the future": _TIMEOUT},
    ),
    Difference(
        "The same 504, before the stream instead of in it: client-go looks for the cause in either.",
        {"watch: WatchList in the future": _TIMEOUT},
    ),
    Difference(
        "A term without a field can only be a mistake: kube-apiserver leaves it out and answers with all.",
        {"field: operator alone": _BAD_REQUEST},
    ),
    Difference(
        "Media types are read without regard to case (RFC 9110, 8.3.1).",
        {
            "accept of a list: JSON in capitals": {"answer": "<kind>List"},
            "accept of a get: JSON in capitals": {"answer": "<kind>"},
        },
    ),
    Difference(
        "A quality of 0 says that a type is not acceptable (RFC 9110, 12.4.2): kube-apiserver reads over it.",
        {"accept of a list: JSON refused": _NOT_ACCEPTABLE, "accept of a get: JSON refused": _NOT_ACCEPTABLE},
    ),
    Difference(
        "What the first type cannot be made of may be made of the next: kube-apiserver looks at the first one only.",
        {
            "accept of a list: metadata or JSON": {"answer": "<kind>List"},
            "watch: YAML or JSON": {"answer": "stream"},
        },
    ),
    Difference(
        "Where one object is asked for as a list, kube-apiserver answers with 500, or with a watch that says nothing.",
        {"accept of a get: list of metadata": _NOT_ACCEPTABLE, "watch: as a list of metadata": _NOT_ACCEPTABLE},
    ),
    Difference(
        "Tables of v1beta1: no client that is supported asks for these first, or for these only.",
        {"accept of a list: Table of v1beta1": _NOT_ACCEPTABLE, "accept of a get: Table of v1beta1": _NOT_ACCEPTABLE},
    ),
    Difference(
        "Protobuf is not spoken, not even to say so.",
        {
            "accept of a list: protobuf": _NOT_ACCEPTABLE,
            "accept of a get: protobuf": _NOT_ACCEPTABLE,
            "watch: protobuf": _NOT_ACCEPTABLE,
        },
    ),
    Difference(
        "An unknown path is answered with a Status, as any other error: kube-apiserver writes a line of text.",
        {
            "get: without a namespace": _NOT_FOUND,
            "get: no such resource": _NOT_FOUND,
            "get: no such resource in a namespace": _NOT_FOUND,
            "get: double slash": _NOT_FOUND,
            "get: resource in capitals": _NOT_FOUND,
            "method: POST on nothing": _NOT_FOUND,
        },
    ),
    Difference(
        "An empty namespace is a mistake in a path, and not a list of all namespaces.",
        {"get: of a namespace without a name": _NOT_FOUND},
    ),
    Difference(
        "There is no such path, whether or not the object is there: kube-apiserver says that it is not.",
        {"get: no such subresource": {"details": {}}, "get: deeper": {"details": {}}},
    ),
    Difference(
        "A 405 says what is allowed (RFC 9110, 15.5.6).",
        {
            "method: OPTIONS on a collection": {"Allow": "GET"},
            "method: TRACE on a collection": {"Allow": "GET"},
            "method: BREW on a collection": {"Allow": "GET"},
        },
    ),
    Difference(
        "Views are read-only: a write is refused before its body is read.",
        {
            f"method: {method} on {title}": _NOT_ALLOWED
            for method, titles in {
                "POST": ("a namespace", "all namespaces", "an object"),
                "DELETE": ("an object", "a namespace", "all namespaces"),
                "PUT": ("an object", "a namespace"),
                "PATCH": ("an object", "a namespace"),
            }.items()
            for title in titles
        },
    ),
    Difference("The paths below /watch have been deprecated since Kubernetes 1.11.", {"watch: old path": _NOT_FOUND}),
)
