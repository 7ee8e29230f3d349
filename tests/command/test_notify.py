"""``promoter-view notify check`` and ``preview``: what a file sends where is seen before anything is sent."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import orjson
import pytest

from promoter_view.journal.entries import EventType
from tests.support.command.running import script
from tests.support.journal.journals import entry

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
FILE = """
notifications:
- name: payments
  url: https://hooks.example.com/services/topsecret
  namespaces: [shop]
  labels: {team: payments}
  events: [promoted, failed]
  secretFile: SECRET
  headers: {X-Team: {value: topsecret}}
- name: morning
  urlFile: /etc/promoter-view/slack
  format: slack
  digest: {at: 09:00}
- name: objects
  format: kubernetes-event
- name: status
  format: template
  url: https://api.example.com/statuses/{sha}
  template: {body: '{"key": {{ files.key }}}', files: {key: KEY}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with a notification of each kind."""
    secret, key = tmp_path / "secret", tmp_path / "key"
    secret.write_text(SECRET)
    key.write_text("routing\n")
    found = tmp_path / "notifications.yaml"
    found.write_text(FILE.replace("SECRET", str(secret)).replace("KEY", str(key)))
    return found


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """What an export of a journal has."""
    found = tmp_path / "events.ndjson"
    told = [entry(1), entry(2, event=EventType.MERGED), entry(3)]
    found.write_bytes(b"".join(orjson.dumps(each.document()) + b"\n" for each in told))
    return found


def notify(*words: object, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """The command, to its end."""
    call = [script("promoter-view"), "notify", *map(str, words)]
    return subprocess.run(call, check=False, capture_output=True, input=given, timeout=120)


def test_check(file: Path) -> None:
    """A line for each, without what is secret."""
    done = notify("check", file)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [
        "payments: cloudevents to https://hooks.example.com, events failed promoted, namespaces shop, "
        "labels team=payments, signed",
        "morning: slack to /etc/promoter-view/slack, every event, in digests",
        "objects: kubernetes-event to the cluster, every event",
        "status: template to https://api.example.com, every event",
    ]


def test_check_fails(tmp_path: Path) -> None:
    """All that is wrong, a line each; the exit status says that it cannot be used."""
    file = tmp_path / "bad.yaml"
    file.write_text("notifications: [{name: a, url: 'ftp://topsecret/', events: [promotd]}, {}]")
    done = notify("check", file)
    assert done.returncode == 1
    lines = done.stderr.decode().splitlines()
    assert "notifications[0] (a): events: 'promotd' is no event; did you mean 'promoted'?" in lines
    assert lines[-1] == f"error: {file} cannot be used"
    assert b"topsecret" not in done.stderr
    assert notify("check", tmp_path / "none").returncode == 1


def test_preview(file: Path, events: Path) -> None:
    """The messages of what the notification is told, each with its headers and the time at which it is sent."""
    done = notify("preview", file, "payments", events, "--dashboard-url", "https://promoter.example.com")
    assert done.returncode == 0, done.stderr
    first, second = (part.splitlines() for part in done.stdout.decode().split("# ")[1:])
    assert first[:4] == [
        "2026-11-21T09:01:00Z",
        "POST https://hooks.example.com",
        "Content-Type: application/cloudevents+json; charset=utf-8",
        "webhook-id: 1-0",
    ]
    assert first[5].startswith("webhook-signature: v1,")
    assert first[6] == "X-Team: ..."
    assert orjson.loads(first[8])["data"] == entry(1).document()
    assert orjson.loads(second[8])["id"] == "3-0"
    assert b"topsecret" not in done.stdout


def test_preview_of_a_digest(file: Path, events: Path) -> None:
    """What is sent together is one message; an export may come on standard input."""
    done = notify("preview", file, "morning", "-", given=events.read_bytes())
    assert done.stdout.decode().startswith("# 2026-11-22T09:00:00Z\nPOST /etc/promoter-view/slack\n")
    assert b'"text":"3 events"' in done.stdout


def test_preview_of_a_sample(file: Path) -> None:
    """Without events there is one that is made up; templates are rendered, with their files."""
    done = notify("preview", file, "status")
    assert done.stdout.decode().endswith('\n\n{"key": "routing"}\n\n')
    assert b"POST /apis/events.k8s.io/v1/namespaces/sample/events" in notify("preview", file, "objects").stdout


def test_preview_fails(file: Path, tmp_path: Path) -> None:
    """What cannot be shown is said in a line."""
    for words, given, status, line in (
        (("nothing",), None, 4, f"{file} has no notification nothing: it has payments, morning, objects, status"),
        (("morning", "-"), b"{}\n", 1, "line 1 is no entry of a journal: "),
        (("morning", "-"), b"x\n", 1, "line 1 is no entry of a journal: "),
        (("morning", tmp_path / "none"), None, 1, "none cannot be read: No such file or directory"),
    ):
        done = notify("preview", file, *words, given=given)
        assert done.returncode == status
        assert line in done.stderr.decode()
    (tmp_path / "key").unlink()
    assert b"the file key of its template cannot be read" in notify("preview", file, "status").stderr
    (tmp_path / "secret").write_text("topsecret")
    done = notify("preview", file, "payments")
    assert b"expected one secret on a line" in done.stderr
    assert b"topsecret" not in done.stderr
    (tmp_path / "secret").unlink()
    assert b"secretFile cannot be read" in notify("preview", file, "payments").stderr


@pytest.mark.parametrize(
    "words",
    [
        ("status", "--server", "nonsense", "--token-file", "/etc/hostname"),
        ("test", "chat", "--server", "ftp://x", "--token-file", "/etc/hostname"),
        ("preview", "FILE", "payments", "--dashboard-url", "javascript:alert(1)"),
    ],
)
def test_what_is_no_address_of_a_server(file: Path, words: tuple[str, ...]) -> None:
    """One line says so, and names the option."""
    done = notify(*(str(file) if word == "FILE" else word for word in words))
    assert (done.returncode, done.stdout) == (64, b"")
    assert b" has to be an http or https URL" in done.stderr
    assert done.stderr.startswith(b"error: --")
    assert done.stderr.count(b"\n") == 1
