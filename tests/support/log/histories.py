"""All that one key of an etcd ever held, oldest first, as its watch tells it: for what must never have been written."""

from __future__ import annotations

import base64
import json
import urllib.request

from tests.support.log.etcds import Etcds

_SECONDS = 60.0


def history(etcds: Etcds, number: int, key: bytes) -> list[bytes]:
    """By that member. The etcd was never compacted, and the key is there. Errors: OSError."""
    name = base64.b64encode(key).decode()
    newest = etcds.call(number, "kv/range", {"key": name})["kvs"][0]["mod_revision"]
    asked = json.dumps({"create_request": {"key": name, "start_revision": "1"}}).encode()
    found: list[bytes] = []
    with urllib.request.urlopen(f"{etcds.urls[number]}/v3/watch", asked, timeout=_SECONDS) as lines:
        for line in lines:
            told = json.loads(line)["result"]
            assert not told.get("canceled"), told
            put = [event["kv"] for event in told.get("events", ())]
            found += [base64.b64decode(each["value"]) for each in put]
            if put and put[-1]["mod_revision"] == newest:
                break
    return found
