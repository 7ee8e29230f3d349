"""Where the commands of the pages are run, what is put in place of their placeholders, and why some are not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class World:
    """A machine, and what is there before a reader begins.

    ``test``: what runs it. ``pages``: those that are read, in this order. ``given``: what a reader puts in place of
    what is written.
    """

    name: str
    meaning: str
    test: str
    pages: Sequence[str]
    given: Mapping[str, str] = field(default_factory=dict)


_DOCUMENTED = "tests/controlplane/test_documented.py"
_INSTALLATIONS = "tests/controlplane/test_documented_installations.py"
_NAMED = {"NAME -n NAMESPACE": "payments -n team"}
_INSTALLED = ("docs/install.md", "docs/upgrading.md")
_ALL = (
    World(
        "demo",
        "beside make demo",
        "tests/docs/test_commands.py",
        ("docs/quickstart.md", "README.md", "docs/sse.md", "docs/journal.md", "docs/past.md"),
        {
            "https://promoter.example.com": "http://127.0.0.1:8080",
            "sqlite:/var/lib/promoter-view/journal.sqlite": "promoter-view-demo/log",
            "/var/lib/promoter-view/log": "promoter-view-demo/log",
            "at=-2h": "at=-2s",
            "from=-24h": "from=-2s",
            "--at 2026-11-30T09:30Z": '--at "$(date -u -d "-2 seconds" +%FT%TZ)"',
        },
    ),
    World(
        "laptop",
        "a kubeconfig of a real kube-apiserver, of a user with the documented role and no more",
        _DOCUMENTED,
        ("docs/access.md", "docs/troubleshooting.md", "docs/quickstart.md", "README.md"),
        # The stand-ins stay before it.
        {"export PATH=$PWD/.venv/bin:$PATH": "export PATH=${PATH%%:*}:$PWD/.venv/bin:$PATH"},
    ),
    World(
        "shard",
        "the same cluster as in cluster, with Kargo's webhooks and an Argo CD that are stand-ins",
        _DOCUMENTED,
        ("docs/install.md", "docs/kargo.md", "docs/upgrading.md"),
        {"NAME": "east", "FREIGHT": "freight-of-now"},
    ),
    World(
        "proxy",
        "a kubeconfig of a real kube-apiserver, and nginx",
        _DOCUMENTED,
        ("docs/proxy.md",),
    ),
    World(
        "receiver",
        "an empty folder and the installed program",
        "tests/docs/test_commands.py",
        ("docs/notifications.md",),
        {"DIR": "promoter-view-demo/log"},
    ),
    World(
        "cluster",
        "a real kube-apiserver, certificates by script; its pods run in namespaces of this machine",
        _INSTALLATIONS,
        (
            "docs/certificates.md",
            "docs/install.md",
            "docs/access.md",
            "docs/api.md",
            "docs/command.md",
            "docs/commits.md",
            "docs/scripts.md",
            "docs/troubleshooting.md",
            "docs/logs.md",
            "docs/integrations.md",
            "docs/notifications.md",
            "docs/upgrading.md",
        ),
        _NAMED
        | {
            "STRATEGY -n NAMESPACE": "payments -n team",
            "NAMESPACE/STRATEGY": "team/payments",
            '"$(git rev-parse HEAD)"': "4f3c2a1",
            "1a2b3c4": "4f3c2a1",
            "shop production -n team": "payments prod -n team",
            "wait shop -n team": "wait payments -n team",
            "--environment production": "--environment prod",
        },
    ),
    World("by-hand", "the same, certificates by hand", _INSTALLATIONS, ("docs/certificates.md", *_INSTALLED), _NAMED),
    World(
        "cert-manager", "the same, with a stand-in of cert-manager", _INSTALLATIONS, ("README.md", *_INSTALLED), _NAMED
    ),
    World("helm", "the same, by helm", _INSTALLATIONS, _INSTALLED, _NAMED),
    World("dashboard", "the same, with the dashboard in a pod of its own", _INSTALLATIONS, _INSTALLED),
    World("bundle", "the same, by the files of a release", _INSTALLATIONS, _INSTALLED, _NAMED),
)
WORLDS = {each.name: each for each in _ALL}

#: Why a block is not run: the name in its mark, and what that means.
REASONS = {
    "container engine": "no container engine runs here",
    "internet": "it asks a host that is not of this machine",
    "another program": "a program that is not part of this one, with a screen of its own",
    "the machine": "it changes services of the machine",
    "several nodes": "it needs more pods at once than are run here",
    "a database": "it connects to a PostgreSQL of its reader's own",
    "usage": "a form of a command, with words in capitals",
    "CI": "it is what CI does, or its result",
    "same text": "another page has the same commands, which are run",
    "other test": "a test of its own runs the page's text",
}
