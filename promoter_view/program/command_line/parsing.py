"""From what is given, on the command line and in the environment, to Settings. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from promoter_view.journal.postgresql.address import DatabaseAddressError, is_database, parse_address
from promoter_view.program.command_line.declaring import PREFIX, Option, OptionError
from promoter_view.program.command_line.settings import OPTIONS, SECTIONS, Settings
from promoter_view.program.command_line.together import check_together
from promoter_view.urls import public_url

#: What Kubernetes puts into the environment of a pod for a Service that happens to be called promoter-view or
#: promoter-view-dashboard: the latter's PROMOTER_VIEW_DASHBOARD_PORT is no port of ours.
_SERVICE_LINK = re.compile(r".*_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)")
_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://.*")
#: How alike a name has to be, of 1, to be what was meant, and to be worth a question.
_MEANT, _ALIKE = 0.8, 0.6

_OPTIONS = {option.name: option for option in OPTIONS}


def settings(given: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
    """Checks options as text, by name. Errors: OptionError."""
    environ = {name: value for name, value in environ.items() if not _is_link(name, value)}
    default = _defaults(given, environ)
    values: dict[str, Any] = {
        each.attribute: each.kind(
            **{option.attribute: _read(option, given, environ, default(option)) for option in each.options}
        )
        for each in SECTIONS
    }
    chosen = Settings(**values)
    check_together(chosen)
    return chosen


def _defaults(given: Mapping[str, str], environ: Mapping[str, str]) -> Callable[[Option], str | None]:
    """What counts where nothing is given: the demo and a dashboard by itself have a few defaults of their own."""
    demo = _read(_OPTIONS["demo"], given, environ, None)
    role = _read(_OPTIONS["role"], given, environ, _OPTIONS["role"].declared.default)

    def default(option: Option) -> str | None:
        declared = option.declared
        own = declared.in_demo if demo else declared.as_dashboard if role == "dashboard" else None
        return declared.default if own is None else own

    return default


def _read(option: Option, given: Mapping[str, str], environ: Mapping[str, str], default: str | None) -> Any:
    source, text = f"--{option.name}", given.get(option.name)
    if text is None and option.environment in environ:
        source, text = option.environment, environ[option.environment]
    if text is None:
        text = default
    if text is None:
        return False if option.is_flag else None
    try:
        return option.parse(text)
    except ValueError as error:
        # Into the log it goes, and a URL may have a password.
        shown = error.shown if isinstance(error, DatabaseAddressError) else public_url(text)
        raise OptionError(f"invalid value {shown!r} for {source}: {error}") from None


def unknown_variables(environ: Mapping[str, str]) -> Sequence[str]:
    """A line for each variable that looks like an option's and is none. Errors: OptionError where one was meant.

    An option that is misspelled may be one that keeps others out, so the program does not start without it.
    """
    names = [option.environment for option in OPTIONS]
    lines = []
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in names or _is_link(name, environ[name]):
            continue
        # Without what all begin with, by which any two would be alike.
        given, known = name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in names]
        meant = _nearest(given, known, _MEANT)
        if meant:
            raise OptionError(f"unknown variable {name}; did you mean {PREFIX}{meant}?")
        near = _nearest(given, known, _ALIKE)
        hint = f"; did you mean {PREFIX}{near}?" if near else ""
        lines.append(f"ignored unknown variable {name}: no option has this name{hint}")
    return lines


def exposed(given: Mapping[str, str]) -> Sequence[str]:
    """A line for a password on the command line, which is checked."""
    journal = given.get("journal", "")
    if not is_database(journal) or not parse_address(journal).is_secret:
        return ()
    environment = _OPTIONS["journal"].environment
    return [f"--journal has a password, and ps shows it to everybody on this host: give {environment}, or PGPASSFILE"]


def unrecognized(words: Sequence[str]) -> str:
    """What is said of the first word that begins with dashes and means no option; "" where there is none."""
    names = [*(option.name for option in OPTIONS), "help", "version"]
    for word in words:
        name = word.partition("=")[0].removeprefix("--")
        if not word.startswith("--") or not name or name in names:
            continue
        begun = [known for known in names if known.startswith(name)]
        if not begun:
            nearest = _nearest(name, names, _ALIKE)
            return f"unknown option --{name}" + (f"; did you mean --{nearest}?" if nearest else "")
        if len(begun) > 1:
            return f"several options begin with --{name}: --{', --'.join(begun)}"
    return ""


def _is_link(name: str, value: str) -> bool:
    return bool(_SERVICE_LINK.fullmatch(name) or (name.endswith("_PORT") and _LINK_VALUE.fullmatch(value)))


def _nearest(name: str, names: Sequence[str], alike: float) -> str:
    return next(iter(get_close_matches(name, names, n=1, cutoff=alike)), "")
