"""Commits as people write them: subjects, bodies and authors for the simulated fleet. Data, and a choice by chance."""

from __future__ import annotations

import random

from promoter_view.simulator.company.model import Author, Commit
from promoter_view.simulator.company.naming import new_sha

_PEOPLE = (
    ("Amara Okafor", "amara.okafor"),
    ("Jonas Lindqvist", "jonas.lindqvist"),
    ("Mei Tanaka", "mei.tanaka"),
    ("Priya Raman", "priya.raman"),
    ("Luca Ferrari", "luca.ferrari"),
    ("Sofia Castellanos", "sofia.castellanos"),
    ("Tom Whitfield", "tom.whitfield"),
    ("Nadia Haddad", "nadia.haddad"),
    ("Erik Sørensen", "erik.sorensen"),
    ("Chloé Martin", "chloe.martin"),
    ("Daniel Kowalski", "daniel.kowalski"),
    ("Ngozi Adeyemi", "ngozi.adeyemi"),
)
_SUBJECTS = (
    ("fix", "retry the upstream call once before giving up", "A single timeout no longer fails the whole request."),
    ("feat", "read the feature flags at start", "Flags that change later are still picked up within a minute."),
    ("perf", "keep connections to the database open", "Saves about 12 ms on the first query of a request."),
    ("fix", "reject amounts with more than two decimals", "They were rounded silently before."),
    ("chore", "bump the base image", "Brings the fixes of last week's security release."),
    ("feat", "log the request's trace id", "So that a line can be found from a trace, and the other way round."),
    ("fix", "stop counting cancelled orders twice", "The report of October was off by 0.3 %."),
    ("refactor", "move validation out of the handler", "No change in behaviour; the handler was 400 lines long."),
    ("feat", "add a readiness probe that checks the queue", "A pod without its queue gets no traffic any more."),
    ("chore", "raise the memory limit to 768Mi", "It was killed twice on Monday at the morning peak."),
    ("fix", "close the file when the upload is aborted", "Leaked one descriptor an aborted upload."),
    ("perf", "cache the price list for thirty seconds", "Takes a third of the load off the catalogue."),
    ("feat", "support the new tax rates", "They apply from the first of January; until then nothing changes."),
    ("fix", "use UTC for the cut-off time", "The nightly job ran an hour late after the change of clocks."),
    ("docs", "describe how to replay a failed event", "Asked for twice in the on-call channel."),
    ("feat", "expose the length of the retry queue", "The alert on it follows in another change."),
)


def write_commit(random: random.Random, scope: str, now: float) -> Commit:
    """A new dry commit of an application, and the code commit that it deploys. ``now`` in seconds since 1970."""
    kind, subject, body = random.choice(_SUBJECTS)
    author, code_author = random.sample([Author(name, f"{mail}@example.com") for name, mail in _PEOPLE], 2)
    code_sha = new_sha(random)
    return Commit(
        sha=new_sha(random),
        subject=f"{kind}({scope}): {subject}",
        body=f"{body}\n\nSigned-off-by: {author}",
        author=author,
        time=now,
        code_sha=code_sha,
        code_subject=subject[0].upper() + subject[1:],
        code_author=code_author,
    )
