"""etcd's JSON gateway: documents made of values, and values read out of documents. Pure.

Protobuf's JSON form: bytes are base64, 64-bit integers are strings, and what is empty, false or zero is left out.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import orjson

from promoter_view.log.etcd.client.faults import EtcdError, Fault, fault_of
from promoter_view.log.etcd.client.values import (
    Compare,
    DeleteKey,
    Found,
    Get,
    KeyEvent,
    Keys,
    KeyValue,
    Message,
    Operation,
    Outcome,
    PutKey,
    Space,
    Transaction,
)

Document = Mapping[str, Any]

#: Of etcd's --quota-backend-bytes.
_DEFAULT_QUOTA = 2 << 30
#: What reading a document raises where it is not what etcd sends.
_MALFORMED = (ValueError, TypeError, KeyError, AttributeError)


def range_request(keys: Keys, revision: int, limit: int) -> Document:
    """For ``kv/range``."""
    return {**_range(keys), "revision": str(revision), "limit": str(limit)}


def watch_request(keys: Keys, revision: int) -> Document:
    """For ``watch``. Fragments: else a transaction of many large objects would be one enormous line."""
    wanted = {**_range(keys), "start_revision": str(revision), "fragment": True, "progress_notify": True}
    return {"create_request": wanted}


def transaction_request(transaction: Transaction) -> Document:
    """For ``kv/txn``."""
    return {
        "compare": [_compare(condition) for condition in transaction.conditions],
        "success": [_operation(operation) for operation in transaction.then],
        "failure": [_operation(operation) for operation in transaction.otherwise],
    }


def decode(body: bytes) -> Document:
    """A document. Errors: EtcdError with MALFORMED."""
    try:
        document = orjson.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise malformed(body)
    return document


def malformed(body: bytes) -> EtcdError:
    """The error for what etcd never says: some other server answers there."""
    return EtcdError(Fault.MALFORMED, f"this is no answer of etcd: {body[:100].decode('utf-8', 'replace')!r}")


def error_of(document: Document) -> EtcdError | None:
    """The error that a document is, if it is one."""
    error = document.get("error", document)
    if isinstance(error, dict) and isinstance(error.get("code"), int) and "message" in error:
        return fault_of(error["code"], str(error["message"]))
    if isinstance(error, str):  # before 3.6
        return fault_of(int(document.get("code", 2)), error)
    return None


def found_of(document: Document) -> Found:
    """The answer of ``kv/range``. Errors: EtcdError with MALFORMED."""
    try:
        return _found(document, document["header"])
    except _MALFORMED as error:
        raise malformed(repr(error).encode()) from error


def outcome_of(document: Document) -> Outcome:
    """The answer of ``kv/txn``. Errors: EtcdError with MALFORMED."""
    try:
        header = document["header"]
        answers = [answer["response_range"] for answer in document.get("responses", ()) if "response_range" in answer]
        found = tuple(_found(answer, header) for answer in answers)
        return Outcome(bool(document.get("succeeded")), int(header["cluster_id"]), _revision(header), found)
    except _MALFORMED as error:
        raise malformed(repr(error).encode()) from error


def message_of(line: bytes) -> Message:
    """One line of a watch. Errors: EtcdError, MALFORMED or what etcd says."""
    document = decode(line)
    error = error_of(document)
    if error is not None:
        raise error
    try:
        return _message(document["result"])
    except _MALFORMED as wrong:
        raise malformed(line) from wrong


def number(document: Document, name: str) -> int:
    """A 64-bit integer of an answer, 0 where it is left out. Errors: EtcdError with MALFORMED."""
    try:
        return int(document.get(name, 0))
    except _MALFORMED as error:
        raise malformed(repr(document).encode()) from error


def space_of(document: Document) -> Space:
    """The answer of ``maintenance/status``. Errors: EtcdError with MALFORMED."""
    return Space(number(document, "dbSize"), number(document, "dbSizeQuota") or _DEFAULT_QUOTA)


def _message(result: Document) -> Message:
    header = result["header"]
    compacted = int(result.get("compact_revision", 0))
    reason = str(result.get("cancel_reason", "")) or ("compacted" if compacted else "the watch was canceled")
    return Message(
        cluster=int(header["cluster_id"]),
        revision=_revision(header),
        events=tuple(_event(event) for event in result.get("events", ())),
        fragment=bool(result.get("fragment")),
        canceled=reason if result.get("canceled") else "",
        compacted=compacted,
    )


def _event(event: Document) -> KeyEvent:
    item = event["kv"]
    deleted = event.get("type") == "DELETE"
    value = None if deleted else b64decode(item.get("value", ""))
    return KeyEvent(b64decode(item["key"]), value, int(item["mod_revision"]), int(item.get("create_revision", 0)))


def _found(document: Document, header: Document) -> Found:
    items = tuple(_item(item) for item in document.get("kvs", ()))
    return Found(int(header["cluster_id"]), _revision(header), items, bool(document.get("more")))


def _item(item: Document) -> KeyValue:
    return KeyValue(
        b64decode(item["key"]),
        b64decode(item.get("value", "")),
        int(item["create_revision"]),
        int(item["mod_revision"]),
        int(item.get("lease", 0)),
    )


def _revision(header: Document) -> int:
    return int(header.get("revision", 0))


def _range(keys: Keys) -> dict[str, Any]:
    return {"key": _text(keys.key), "range_end": _text(keys.end)} if keys.end else {"key": _text(keys.key)}


def _compare(condition: Compare) -> Document:
    target, field = ("CREATE", "create_revision") if condition.created else ("MOD", "mod_revision")
    return {"key": _text(condition.key), "target": target, "result": "EQUAL", field: str(condition.revision)}


def _operation(operation: Operation) -> Document:
    if isinstance(operation, PutKey):
        put = {"key": _text(operation.key), "value": _text(operation.value), "lease": str(operation.lease)}
        return {"request_put": put}
    if isinstance(operation, DeleteKey):
        return {"request_delete_range": _range(operation.keys)}
    assert isinstance(operation, Get)
    return {"request_range": _range(operation.keys)}


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
