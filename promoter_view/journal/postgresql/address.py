"""Where a journal in PostgreSQL is, as ``--journal`` names it. Pure. Nothing that is said of a URL has its password."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote

SCHEMES = ("postgresql:", "postgres:")
FORM = "postgresql://USER@HOST:PORT/DATABASE?schema=NAME&copy=FILE"
#: The schema of the tables where none is named.
SCHEMA = "promoter_view"
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_URL = re.compile(r"postgres(?:ql)?://([^/?#]*)(?:/([^/?#]*))?(?:\?([^#?]*))?")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^:@\[\]]*)(?::([0-9]*))?")
#: libpq refuses %00, and would show what it stands in.
_ESCAPED = re.compile(r"(?:[^%\s]|%(?!00)[0-9A-Fa-f]{2})*")
_OWN = ("schema", "copy", "password_file")
#: What libpq knows, but for those that this program has to say itself.
_KNOWN = frozenset(
    re.findall(
        r"\w+",
        """
        application_name channel_binding connect_timeout dbname fallback_application_name gssdelegation gssencmode
        gsslib host hostaddr keepalives keepalives_count keepalives_idle keepalives_interval krbsrvname
        load_balance_hosts options passfile password port require_auth requirepeer service
        ssl_max_protocol_version ssl_min_protocol_version sslcert sslcertmode sslcrl sslcrldir sslkey sslmode
        sslnegotiation sslpassword sslrootcert sslsni target_session_attrs tcp_user_timeout user
        """,
    )
)
_CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
}
_MOST_PORT = 65535


class DatabaseAddressError(ValueError):
    """What was expected; ``shown`` stands for the value, for what is secret in it cannot be told."""

    shown = "postgresql:..."


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """``url`` is libpq's, with whatever password it has; ``given`` are the parameters that it has.

    ``copy`` is the file of this process's copy, None: in memory. ``password_file`` has the password at each new
    connection, None: there is none. ``shown`` may stand in a log. ``is_secret``: it has a password, be
    it that of a key.
    """

    url: str = field(repr=False)
    given: frozenset[str]
    schema: str
    copy: Path | None
    password_file: Path | None
    shown: str
    is_secret: bool


def is_database(text: str) -> bool:
    """Whether that names a place in PostgreSQL, well or not."""
    return text.startswith(SCHEMES)


def parse_address(text: str) -> DatabaseAddress:
    """A value of ``--journal``. Errors: DatabaseAddressError."""
    found = _URL.fullmatch(text)
    if found is None or not _ESCAPED.fullmatch(text):
        raise DatabaseAddressError(
            f"expected {FORM}; in a name or a password : / ? # @ % and blanks are percent-encoded"
        )
    authority, database, query = (each or "" for each in found.groups())
    hosts = _hosts(authority)
    parameters = dict(_parameters(query))
    schema, copy = parameters.get("schema", SCHEMA), parameters.get("copy")
    if not _SCHEMA.fullmatch(schema):
        raise DatabaseAddressError("schema: expected small letters, digits and _, 63 at most, such as promoter_view")
    if copy == "":
        raise DatabaseAddressError("copy: expected a file")
    password_file = parameters.get("password_file")
    if password_file == "":
        raise DatabaseAddressError("password_file: expected a file")
    rest = "&".join(part for part in query.split("&") if part and part.partition("=")[0] not in _OWN)
    url = f"postgresql://{authority}/{database}" + (f"?{rest}" if rest else "")
    where = f"{','.join(hosts) or parameters.get('host', '')}/{unquote(database) or parameters.get('dbname', '')}"
    shown = f"postgresql://{where}, schema {schema}"
    has_password = ":" in authority.rpartition("@")[0] or "password" in parameters
    if has_password and password_file is not None:
        raise DatabaseAddressError("password_file: the URL has a password too; give one of the two")
    is_secret = has_password or "sslpassword" in parameters
    return DatabaseAddress(url, frozenset(parameters), schema, _path(copy), _path(password_file), shown, is_secret)


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _hosts(authority: str) -> Sequence[str]:
    """Each with its port. Errors: DatabaseAddressError."""
    user, at, listed = authority.rpartition("@")
    if "@" in user or user.count(":") > 1:
        raise DatabaseAddressError(
            "expected USER:PASSWORD@HOST with one : and one @; others are percent-encoded, as %3A and %40"
        )
    if not listed:
        return ()
    hosts = listed.split(",")
    for host in hosts:
        found = _HOST.fullmatch(host)
        if found is None or (found[2] and not 0 < int(found[2]) <= _MOST_PORT):
            named = repr(host) if at else "the host"
            raise DatabaseAddressError(f"{named} is no HOST or HOST:PORT: expected {FORM}")
    return [unquote(host) for host in hosts]


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    """Errors: DatabaseAddressError, also for what would be ignored."""
    names = list[str]()
    for part in filter(None, query.split("&")):
        name, equals, value = part.partition("=")
        if name not in _KNOWN and name not in _OWN:
            near = get_close_matches(name, sorted({*_KNOWN, *_OWN}), n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise DatabaseAddressError(
                f"a parameter is not known{hint}: expected schema, copy, password_file, or one of libpq's"
            )
        if not equals or name in names:
            raise DatabaseAddressError(f"{name}: expected {name}=VALUE, once")
        choices = _CHOICES.get(name)
        if choices is not None and value not in choices:
            raise DatabaseAddressError(f"{name}: expected one of {', '.join(choices)}")
        names.append(name)
        yield name, unquote(value)
