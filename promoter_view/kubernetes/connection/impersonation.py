"""Whom requests act as: kubeconfig's ``as`` and what belongs to it, as the headers of a request. Pure."""

from __future__ import annotations

import re

from promoter_view.kubernetes.connection.cluster import ActingAs

#: What a header's name can hold (RFC 9110, 5.6.2), without "%", which escapes the rest, as client-go has it.
_ESCAPED = re.compile(rb"[^!#$&'*+.^_`|~0-9A-Za-z-]")


def impersonation_headers(acts_as: ActingAs | None) -> tuple[tuple[bytes, bytes], ...]:
    """Names and values, one header for each group and for each value of an extra key."""
    if acts_as is None:
        return ()
    headers = [(b"Impersonate-User", acts_as.user.encode())]
    if acts_as.uid:
        headers.append((b"Impersonate-Uid", acts_as.uid.encode()))
    headers += [(b"Impersonate-Group", group.encode()) for group in acts_as.groups]
    for key, values in acts_as.extra:
        headers += [(b"Impersonate-Extra-" + _escaped(key), value.encode()) for value in values]
    return tuple(headers)


def _escaped(key: str) -> bytes:
    return _ESCAPED.sub(lambda found: b"%%%02X" % found[0][0], key.encode())
