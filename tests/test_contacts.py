"""Whom to ask: what annotations say, and what of it becomes a link."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from promoter_view.contacts import Contact, ContactKind, choose_contacts, read_contacts
from tests.support.views.strategies import JSON

OWNER, CONTACT, RUNBOOK = ContactKind


def annotated(**said: Any) -> dict[str, Any]:
    return {"metadata": {"annotations": {f"promoter-view.io/{name}": value for name, value in said.items()}}}


def test_owner_contact_and_runbook_are_told_in_this_order() -> None:
    found = read_contacts(annotated(runbook="https://wiki/run", contact="mailto:a@b.c", owner=" Team  Web "))
    assert found == (
        Contact(OWNER, "Team Web"),
        Contact(CONTACT, "a@b.c", "mailto:a@b.c"),
        Contact(RUNBOOK, "https://wiki/run", "https://wiki/run"),
    )


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ("https://chat.example.com/web?x=1#y", "https://chat.example.com/web?x=1#y"),
        ("http://wiki/web", "http://wiki/web"),
        ("mailto:web@example.com?subject=Hi", "mailto:web@example.com?subject=Hi"),
        ("https://user:secret@example.com/", "https://example.com/"),
        ("#web on chat", ""),
        ("javascript:alert(1)", ""),
        ("JAVASCRIPT:alert(1)//https://a", ""),
        ("data:text/html,x", ""),
        ("ftp://example.com/", ""),
        ("mailto:nobody", ""),
        ("mailto:a@b.c\u202e", ""),
        ('mailto:a@b.c"onclick=', ""),
        ("mailto:" + "a" * 500 + "@b.c", ""),
        ("https://", ""),
    ],
)
def test_only_the_web_and_mail_become_links(said: str, url: str) -> None:
    for kind in ("contact", "runbook"):
        (found,) = read_contacts(annotated(**{kind: said}))
        assert found.url == url
        assert found.text


def test_an_owner_is_text_and_what_is_no_text_is_nobody() -> None:
    assert read_contacts(annotated(owner="https://a.example")) == (Contact(OWNER, "https://a.example"),)
    assert read_contacts(annotated(owner=7, contact="  ", runbook=None)) == ()
    assert read_contacts({"metadata": {"annotations": ["promoter-view.io/owner"]}}) == ()


def test_of_each_kind_the_first_object_that_says_anything_counts() -> None:
    stage, first, second = (
        read_contacts(annotated(contact="#stage")),
        read_contacts(annotated(owner="first")),
        read_contacts(annotated(owner="second", contact="#second", runbook="https://run")),
    )
    assert choose_contacts([stage, first, second]) == (
        Contact(OWNER, "first"),
        Contact(CONTACT, "#stage"),
        Contact(RUNBOOK, "https://run", "https://run"),
    )
    assert choose_contacts([]) == ()


@given(JSON)
def test_any_json_is_read(found: Any) -> None:
    assert all(contact.text for contact in read_contacts({"metadata": found}))
    assert all(contact.text for contact in read_contacts(annotated(owner=found, contact=found)))
