"""What was found when something was checked: a line each, with what to do. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

_SOON = timedelta(days=14)
#: The groups that only Stages are made of.
_OF_STAGES = frozenset({"kargo.akuity.io", "argoproj.io"})


class Urgency(enum.StrEnum):
    """The first word of a line."""

    WELL = "ok"
    TO_DO = "todo"
    NOTED = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what is so, and what to do about it, "" for nothing."""

    verdict: Urgency
    subject: str
    words: str
    to_do: str = ""

    @property
    def line(self) -> str:
        """For people."""
        return f"{self.verdict:<5} {self.subject:<13} {self.words.rstrip('.')}" + (
            f": {self.to_do}" if self.to_do else ""
        )


def well(subject: str, words: str) -> Finding:
    """Nothing to do."""
    return Finding(Urgency.WELL, subject, words)


def noted(subject: str, words: str) -> Finding:
    """Nothing to do, but somebody may have expected something else."""
    return Finding(Urgency.NOTED, subject, words)


def to_do(subject: str, words: str, what: str) -> Finding:
    """Somebody has to do that."""
    return Finding(Urgency.TO_DO, subject, words, what)


def is_well(findings: Iterable[Finding]) -> bool:
    """Nothing is to do."""
    return all(each.verdict is not Urgency.TO_DO for each in findings)


def certificate(subject: str, name: str, begins: datetime, ends: datetime, now: datetime) -> Finding:
    """Whether a certificate holds, and for how long yet."""
    if now >= ends:
        return to_do(subject, f"{name} expired at {_day(ends)}", "renew it")
    if now < begins:
        return to_do(subject, f"{name} is valid from {_day(begins)} only", "check the clocks")
    if ends - now < _SOON:
        return to_do(subject, f"{name} expires at {_day(ends)}", "renew it within two weeks")
    return well(subject, f"{name} is valid until {_day(ends)}")


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def kinds(group: str, wanted: Iterable[str], served: frozenset[str] | None, *, is_needed: bool) -> Iterator[Finding]:
    """Which kinds of a group the cluster has; ``served`` None: it does not know the group."""
    names = tuple(wanted)
    if served is None:
        if is_needed:
            yield to_do("CRDs", f"{group} is not installed", "install it; until then there is nothing to show")
        else:
            yield noted("CRDs", f"{group} is not installed: it is shown once it is")
        return
    missing = [name for name in names if name not in served]
    yield well("CRDs", f"{group}: {len(names) - len(missing)} of {len(names)} kinds")
    if missing:
        yield noted("CRDs", f"{group} has no {', '.join(missing)}: an older release; they count as empty")


@dataclass(frozen=True, slots=True)
class Right:
    """A permission: verb, resource (``stages`` or ``stages/status``), its group, a namespace or "" for all."""

    verb: str
    resource: str
    group: str
    namespace: str = ""
    name: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        """As a SelfSubjectAccessReview asks for it."""
        resource, _, subresource = self.resource.partition("/")
        named = {
            "verb": self.verb,
            "group": self.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": self.namespace,
            "name": self.name,
        }
        return {key: value for key, value in named.items() if value}

    @property
    def place(self) -> str:
        """Where it is wanted, in words."""
        return f"namespace {self.namespace}" if self.namespace else "all namespaces"


def permissions(rights: Iterable[tuple[Right, bool]]) -> Iterator[Finding]:
    """Which rights are there: a line for those of one resource and place that are missing."""
    allowed, missing = 0, dict[tuple[str, str, str], list[str]]()
    for right, is_allowed in rights:
        if is_allowed:
            allowed += 1
        else:
            missing.setdefault((right.resource, right.group, right.place), []).append(right.verb)
    for (resource, group, place), verbs in missing.items():
        named = f"{resource}.{group}" if group else resource
        words = f"may not {' and '.join(verbs)} {named} in {place}"
        instead = "" if group not in _OF_STAGES else ", or leave Stages out by --views promotionstrategydetails"
        yield to_do("permissions", words, f"bind a role with these verbs{instead}")
    if allowed or not missing:
        yield well("permissions", f"{allowed} of {allowed + sum(map(len, missing.values()))} are granted")
