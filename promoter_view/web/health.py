"""Health: named checks in two sets, and lines that inform. Pure; answers in the words of kube-apiserver's endpoints."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

#: Gives None while all is well, else one line that says what is not.
Check = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class HealthReport:
    """An endpoint's answer. ``healthy`` False is HTTP 500."""

    healthy: bool
    text: str


class HealthChecks:
    """The program's checks. ``livez``: else restart it; ``readyz``: else send nobody here; /healthz is livez.

    Informational lines are shown with ``?verbose`` and never fail anything.
    """

    def __init__(self) -> None:
        self._sets: dict[str, dict[str, Check]] = {"livez": {}, "readyz": {}}
        self._lines: dict[str, Callable[[], str]] = {}
        self.add("ping", lambda: None, livez=True)

    def add(self, name: str, check: Check, *, livez: bool = False, readyz: bool = True) -> None:
        """A check in one or both sets."""
        for wanted, into in ((livez, "livez"), (readyz, "readyz")):
            if wanted:
                self._sets[into][name] = check

    def inform(self, name: str, line: Callable[[], str]) -> None:
        """A line of ``/readyz?verbose``."""
        self._lines[name] = line

    def report(self, endpoint: str, *, verbose: bool = False, exclude: Collection[str] = ()) -> HealthReport:
        """``endpoint`` is livez, readyz or healthz. An excluded check counts as ok."""
        checks = self._of(endpoint)
        faults = {name: None if name in exclude else check() for name, check in checks.items()}
        healthy = not any(faults.values())
        if healthy and not verbose:
            return HealthReport(True, "ok")
        lines = [_line(name, fault, excluded=name in exclude) for name, fault in faults.items()]
        if endpoint == "readyz":
            lines += [f"[i]{name}: {line()}" for name, line in self._lines.items()]
        lines += _unmatched(exclude, checks)
        lines.append(f"{endpoint} check {'passed' if healthy else 'failed'}")
        return HealthReport(healthy, "\n".join(lines) + "\n")

    def single(self, endpoint: str, name: str) -> HealthReport | None:
        """The answer of one check; None when there is none of that name."""
        check = self._of(endpoint).get(name)
        if check is None:
            return None
        fault = check()
        return HealthReport(True, "ok") if fault is None else HealthReport(False, f"{name} failed: {fault}\n")

    def _of(self, endpoint: str) -> Mapping[str, Check]:
        return self._sets["livez" if endpoint == "healthz" else endpoint]


def _line(name: str, fault: str | None, *, excluded: bool) -> str:
    if excluded:
        return f"[+]{name} excluded: ok"
    return f"[+]{name} ok" if fault is None else f"[-]{name} failed: {fault}"


def _unmatched(exclude: Collection[str], checks: Mapping[str, Check]) -> list[str]:
    unknown = ", ".join(f'"{name}"' for name in exclude if name not in checks)
    return [f"warn: some health checks cannot be excluded: no matches for {unknown}"] if unknown else []
