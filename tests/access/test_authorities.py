"""Which client certificates a pool vouches for."""

from __future__ import annotations

import pytest
from cryptography import x509

from promoter_view.access.authorities import Authorities, CertificateRefused
from tests.support.api.issuing import ANY, AUTHORITY, CLIENT, DAY, NOW, SERVER, Issued, authority

CA = authority()
SAME_NAME = authority()
MIDDLE = CA.issue("middle", AUTHORITY, own_key=True)
LEAF_AS_ISSUER = CA.issue("leaf", own_key=True)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")


def signing(allowed: bool) -> x509.KeyUsage:
    return x509.KeyUsage(True, False, False, False, False, allowed, False, False, False)


def verify(pool: list[Issued], leaf: Issued, others: tuple[Issued, ...] = ()):
    authorities = Authorities(b"".join(found.pem for found in pool))
    return authorities.verify(leaf.certificate, [found.certificate for found in others], NOW)


@pytest.mark.parametrize(
    ("pool", "leaf", "others"),
    [
        ([CA], CA.issue("bob"), ()),
        ([CA], CA.issue("bob", CLIENT, x509.SubjectAlternativeName([x509.DNSName("bob")])), ()),
        ([CA], CA.issue("bob", ANY), ()),
        ([CA, SAME_NAME], CA.issue("bob"), ()),
        ([SAME_NAME, CA], CA.issue("bob"), ()),
        ([CA], MIDDLE.issue("bob"), (MIDDLE,)),
        ([CA], MIDDLE.issue("bob"), (SAME_NAME, MIDDLE)),
        ([MIDDLE], MIDDLE.issue("bob"), ()),
        ([ca := authority("ca", signing(True))], ca.issue("bob"), ()),
        ([ca := authority("ca", CLIENT)], ca.issue("bob"), ()),
    ],
)
def test_vouches(pool, leaf, others):
    """A chain to one of the pool, by names and signatures, each link in its time and made for this: until it ends."""
    assert verify(pool, leaf, others) == NOW + DAY


@pytest.mark.parametrize(
    ("pool", "leaf", "others", "why"),
    [
        ([SAME_NAME], CA.issue("bob"), (), "signature"),
        ([authority("other")], CA.issue("bob"), (), "candidates"),
        ([CA], CA.issue("bob", ends=NOW - DAY / 2), (), "not valid at"),
        ([CA], CA.issue("bob", begins=NOW + DAY / 2), (), "not valid at"),
        ([old := authority(ends=NOW - DAY / 2)], old.issue("bob"), (), "not valid at"),
        ([CA], CA.issue("bob", SERVER), (), "not for client authentication"),
        ([CA], CA.issue("bob", x509.SubjectAlternativeName([x509.DNSName("bob")])), (), "missing required extension"),
        ([CA], MIDDLE.issue("bob"), (), "candidates"),
        ([CA], LEAF_AS_ISSUER.issue("bob"), (LEAF_AS_ISSUER,), "basicConstraints"),
        ([ca := authority("ca", signing(False))], ca.issue("bob"), (), "may not sign"),
        ([ca := authority("ca", SERVER)], ca.issue("bob"), (), "does not issue"),
        ([CA], CA.issue("bob", CLIENT, UNKNOWN), (), "1.2.3.4 is unknown"),
    ],
    ids=lambda found: found if isinstance(found, str) else "",
)
def test_refuses(pool, leaf, others, why):
    """Strangers, what is out of its time, what is for something else, and issuers that are none."""
    with pytest.raises(CertificateRefused, match=why):
        verify(pool, leaf, others)


def test_ends_with_the_first_link():
    """A verdict lasts until the first certificate of the chain ends, whichever that is."""
    short = authority(ends=NOW + DAY / 4)
    assert verify([short], short.issue("bob")) == NOW + DAY / 4
    assert verify([CA], CA.issue("bob", ends=NOW + DAY / 8)) == NOW + DAY / 8


@pytest.mark.parametrize("pem", [b"", b"nonsense", CA.pem.replace(b"M", b"", 3)])
def test_no_bundle(pem):
    """What holds no certificate, or a broken one, is no pool."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the library's
        Authorities(pem)
