"""One request, put to kube-apiserver's own custom resource and to ours, and what of both answers has to be the same."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import yaml

_TIMEOUT_SECONDS = 30.0
_INITIAL_END = "k8s.io/initial-events-end"

_HEADERS = ("Allow", "Retry-After", "Warning")
_PROTOBUF = b"k8s\0"
_LIST_METADATA = ("continue", "resourceVersion", "remainingItemCount")

#: What is compared, each under a name. ``answer`` is the kind of object, ``stream``, or a Status's code and reason.
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A request. ``path`` begins behind ``/apis/GROUP/VERSION``; path, query and body may have words in braces."""

    title: str
    query: str = ""
    path: str = "/{resource}"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where our answer is another, and why that is right: by a row's title, the facts of our answer that differ."""

    because: str
    rows: Mapping[str, Facts]


@dataclass(frozen=True, slots=True)
class Side:
    """A server, and what the words in braces stand for there.

    ``words`` has at least ``resource``, ``kind`` and ``group``; in answers these three are put back to their names.
    """

    url: str
    context: ssl.SSLContext
    words: Mapping[str, str]

    def ask(self, row: Row) -> Facts:
        """The facts of the answer; a stream is read to its end."""
        words = self.words
        target = f"/apis/{words['group']}/v1alpha1{row.path}".format_map(words)
        if row.query:
            target += "?" + row.query.format_map(words)
        connection = http.client.HTTPSConnection(
            urlsplit(self.url).netloc, timeout=_TIMEOUT_SECONDS, context=self.context
        )
        try:
            body = None if row.body is None else row.body.format_map(words)
            connection.request(row.method, target, body, {"User-Agent": "conformance", **row.headers})
            response = connection.getresponse()
            return self._facts(response, response.read())
        finally:
            connection.close()

    def _facts(self, response: http.client.HTTPResponse, body: bytes) -> Facts:
        media_type = response.headers["Content-Type"]
        found: Facts = {"code": response.status, "type": media_type}
        found |= {name: response.headers[name] for name in _HEADERS if name in response.headers}
        documents = list(_documents(media_type or "", body))
        if documents and all(map(_is_event, documents)):
            return found | {"answer": "stream", "events": self._events(documents)}
        if len(documents) == 1 and isinstance(documents[0], dict):
            return found | {"indented": body.count(b"\n") > 1} | self._shape(documents[0])
        if response.status == HTTPStatus.OK and not body:
            return found | {"answer": "stream", "events": []}
        return found | {"answer": "protobuf" if body.startswith(_PROTOBUF) else body.decode(errors="replace")}

    def _events(self, documents: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """Without the bookmark that we say good-bye with: kube-apiserver's come two seconds before the end."""
        events = [self._event(document) for document in documents]
        return events[:-1] if events[-1][0] == "BOOKMARK" and not events[-1][-1] else events

    def _event(self, event: Mapping[str, Any]) -> tuple[Any, ...]:
        found, metadata = event["object"], event["object"]["metadata"]
        if event["type"] == "ERROR":
            return event["type"], found["kind"], found["code"], found["reason"]
        shape = event["type"], self._neutral(found["kind"]), self._neutral(found["apiVersion"])
        if event["type"] == "BOOKMARK":
            if found["kind"] == "Table":
                metadata = found["rows"][0]["object"]["metadata"] if found["rows"] else {}
            return *shape, metadata.get("annotations", {}).get(_INITIAL_END)
        if found["kind"] == "Table":
            return *shape, self._table(found)
        return *shape, metadata["namespace"], metadata["name"]

    def _shape(self, found: Mapping[str, Any]) -> Facts:
        kind = self._neutral(found.get("kind"))
        shape = {"answer": kind, "apiVersion": self._neutral(found.get("apiVersion"))}
        if kind == "Status":
            # Its white space is not compared: there are two writers of it in kube-apiserver, one of which indents.
            return shape | self._status(found) | {"indented": None}
        metadata = found.get("metadata", {})
        shape["metadata"] = sorted(name for name in _LIST_METADATA if metadata.get(name))
        shape["remaining"] = metadata.get("remainingItemCount")
        if kind == "Table":
            return shape | self._table(found)
        if "items" in found:
            return shape | self._list(found)
        return shape | {"name": metadata.get("name")}

    def _status(self, found: Mapping[str, Any]) -> Facts:
        details = dict(found.get("details", {}))
        causes = [(cause.get("reason"), cause.get("field")) for cause in details.pop("causes", ())]
        return {
            "answer": f"{found.get('code')} {found.get('reason')}",
            "status": found.get("status"),
            "details": {name: self._neutral(value) for name, value in details.items()},
            "causes": causes,
            "continued": "continue" in found.get("metadata", {}),
            "message": bool(found.get("message")),
        }

    def _list(self, found: Mapping[str, Any]) -> Facts:
        items = found["items"]
        names = [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in items]
        return {"items": names, "item kinds": {self._kind(item) for item in items}}

    def _table(self, found: Mapping[str, Any]) -> Facts:
        columns, rows = found.get("columnDefinitions"), found["rows"]
        return {
            "columns": columns and sorted(columns[0]),
            "rows": [row["cells"][0] for row in rows],
            "row keys": {tuple(sorted(row)) for row in rows},
            "row objects": {self._kind(row.get("object") or {}) for row in rows},
        }

    def _kind(self, found: Mapping[str, Any]) -> tuple[Any, Any]:
        return self._neutral(found.get("kind")), self._neutral(found.get("apiVersion"))

    def _neutral(self, value: Any) -> Any:
        """The words that are a side's own, put back to their names."""
        if not isinstance(value, str):
            return value
        for name in ("kind", "resource", "group"):
            value = value.replace(self.words[name], f"<{name}>")
        return value


def _documents(media_type: str, body: bytes) -> Iterator[Any]:
    """One document, or those of a stream."""
    if "yaml" in media_type:
        yield from yaml.load_all(body, yaml.CSafeLoader)
        return
    if "json" not in media_type:
        return
    text, decoder = body.decode().strip(), json.JSONDecoder()
    while text:
        document, end = decoder.raw_decode(text)
        yield document
        text = text[end:].lstrip()


def _is_event(document: Any) -> bool:
    return isinstance(document, dict) and set(document) == {"type", "object"}


def differences(theirs: Facts, ours: Facts) -> Facts:
    """What of ours is different, by name. Where the answer as such is another, the rest tells nothing more."""
    names = {"answer"} if theirs["answer"] != ours["answer"] else {*theirs, *ours}
    return {name: ours.get(name) for name in sorted(names) if theirs.get(name) != ours.get(name)}
