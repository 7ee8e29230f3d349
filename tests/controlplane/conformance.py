"""One request, put to kube-apiserver's own custom resource and to ours, and what of both answers has to be the same."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import yaml

_TIMEOUT_SECONDS = 30.0
_INITIAL_END = "k8s.io/initial-events-end"

#: What is compared, each under a name; a difference names the ones that differ.
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A request, and how far our answer to it may differ.

    ``path`` begins behind ``/apis/GROUP/VERSION``; in it and in ``query`` stand the words of ``Side.words`` in braces.
    ``differs``: the facts of our answer that are not kube-apiserver's; ``because``: why that is right.
    """

    title: str
    query: str = ""
    path: str = "/{resource}"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    differs: Mapping[str, Any] = field(default_factory=dict)
    because: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """A server, the path below which its resource is, and what the words in a row stand for there.

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
        for name in ("Allow", "Retry-After", "Warning"):
            if name in response.headers:
                found[name] = response.headers[name]
        documents = list(_documents(media_type or "", body))
        if documents and all(map(_is_event, documents)):
            return found | {"events": [self._event(document) for document in documents]}
        if len(documents) == 1 and isinstance(documents[0], dict):
            return found | {"indented": body.count(b"\n") > 1} | self._shape(documents[0])
        return found | {"body": body.decode(errors="replace")}

    def _event(self, event: Mapping[str, Any]) -> tuple[Any, ...]:
        found = event["object"]
        if event["type"] == "ERROR":
            return event["type"], found["code"], found["reason"]
        if event["type"] == "BOOKMARK":
            metadata = found["metadata"]
            return event["type"], found["kind"], sorted(found), metadata.get("annotations", {}).get(_INITIAL_END)
        if found["kind"] == "Table":
            return event["type"], *self._shape(found).items()
        return event["type"], self._neutral(found["kind"]), sorted(found)[:3], found["metadata"]["name"]

    def _shape(self, found: Mapping[str, Any]) -> Facts:
        kind = self._neutral(found.get("kind"))
        shape: Facts = {"kind": kind, "apiVersion": self._neutral(found.get("apiVersion"))}
        if kind == "Status":
            return shape | self._status(found)
        shape["metadata"] = sorted(found.get("metadata", ()))
        if kind == "Table":
            return shape | self._table(found)
        if "items" in found:
            return shape | self._list(found)
        return shape | {"metadata": "name" in found["metadata"], "name": found["metadata"].get("name")}

    def _status(self, found: Mapping[str, Any]) -> Facts:
        details = dict(found.get("details", {}))
        causes = [(cause.get("reason"), cause.get("field")) for cause in details.pop("causes", ())]
        details = {name: self._neutral(value) for name, value in details.items()}
        continued = "continue" in found.get("metadata", {})
        return {
            **{"status": found.get("status"), "reason": found.get("reason"), "status code": found.get("code")},
            **{"details": details, "causes": causes, "continued": continued, "message": bool(found.get("message"))},
        }

    def _list(self, found: Mapping[str, Any]) -> Facts:
        items = found["items"]
        names = [f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in items]
        kinds = {(self._neutral(item.get("kind")), self._neutral(item.get("apiVersion"))) for item in items}
        return {"items": names, "remaining": found["metadata"].get("remainingItemCount"), "item kinds": kinds}

    def _table(self, found: Mapping[str, Any]) -> Facts:
        columns, rows = found.get("columnDefinitions"), found["rows"]
        objects = [row.get("object") or {} for row in rows]
        return {
            "columns": columns and sorted(columns[0]),
            "rows": [row["cells"][0] for row in rows],
            "row keys": {tuple(sorted(row)) for row in rows},
            "row objects": {
                (self._neutral(each.get("kind")), self._neutral(each.get("apiVersion"))) for each in objects
            },
            "remaining": found["metadata"].get("remainingItemCount"),
        }

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
