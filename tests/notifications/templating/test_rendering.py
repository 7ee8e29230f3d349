"""Templates: what they make of an entry is JSON, whatever the entry says, and what they may not do they cannot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.journal.entries import EventType, Happening, JournalEntry
from promoter_view.notifications.links import Links
from promoter_view.notifications.templating.rendering import MAX_BODY_BYTES, RenderError, render
from promoter_view.notifications.templating.syntax import MAX_SOURCE_CHARACTERS, check_template
from promoter_view.notifications.templating.values import template_values
from tests.support.journal.journals import entry

LINKS = Links("https://promoter.example.com")
BODY = """{"text": {{ entry.sentence }}, "commit": {{ entry.commit }}, "all": [
{% for each in entries %}{{ each.commit.subject }}{{ "" if loop.last }}{% if not loop.last %},{% endif %}
{% endfor %}], "line": {{ entry.name ~ ": " ~ entry.commit.subject }}}"""
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(['"}', "{{ 7*7 }}", "</script>", "a\nb", "\\", "\u2028", "{% raw %}", "\ud800", "'\"'"]),
)


def rendered(
    body: str = "{}",
    entries: Sequence[JournalEntry] = (entry(1),),
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
) -> dict[str, Any]:
    """What comes of it."""
    values = template_values(entries, LINKS, files or {})
    asked = {"body": body, "content_type": content_type, "headers": headers or {}, "values": values}
    return render(asked, lambda: None)


def told(subject: str) -> JournalEntry:
    """An entry whose commit says that."""
    found = entry(1)
    assert found.happening.commit is not None
    return replace(found, happening=replace(found.happening, commit=replace(found.happening.commit, subject=subject)))


def test_values() -> None:
    """The entry by its document's names, with its page, what happened in words, and every field, also one that it has
    not."""
    body = """{"a": [{{ entry.id }}, {{ entry.page }}, {{ entry.sentence }}, {{ entry.commit.author }}, {{ journal }},
    {{ entry.pullRequest.id }}, {{ entry.seconds.hop }}, {{ entry.backfilled }}, {{ files.key }},
    {{ entries|length }}]}"""
    assert json.loads(rendered(body, [entry(1), entry(2, letter="b")], files={"key": "k"})["body"]) == {
        "a": [
            "2-0",
            "https://promoter.example.com/strategies/shop/search",
            "shop/search env/dev: promoted bbbbbbb change b by Ann",
            "Ann",
            "https://promoter.example.com/journal",
            "",
            None,
            False,
            "k",
            2,
        ]
    }
    without = replace(entry(1), happening=Happening(EventType.CREATED))
    assert rendered("[{{ entry.commit.subject }}]", [without])["body"] == '[""]'


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_attacks(subjects: list[str]) -> None:
    """Whatever a commit says, it is a text in the JSON, and nothing of it ends a tag of HTML or begins a template."""
    body = BODY.replace('{{ "" if loop.last }}', "")
    found = rendered(body, [told(each) for each in subjects])["body"]
    assert not set("<>&'") & set(found)
    document = json.loads(found)
    assert set(document) == {"text", "commit", "all", "line"}
    assert document["all"] == subjects
    assert document["commit"]["subject"] == subjects[-1]
    assert document["line"] == f"search: {subjects[-1]}"


@given(TEXTS)
def test_header_attacks(subject: str) -> None:
    """A header is one line of ASCII, or there is no message."""
    found, said = {"Title": ""}, "header Title: "
    try:
        found = rendered(headers={"Title": "{{ entry.commit.subject }}!"}, entries=[told(subject)])["headers"]
    except RenderError as error:
        said = str(error)
    assert said.startswith("header Title: ")
    assert found["Title"] in ("", f"{subject}!".strip())
    assert not set("\r\n\0") & set(found["Title"])
    assert found["Title"].isascii()


def test_headers() -> None:
    """What stands in them is text, and other values JSON."""
    found = rendered(headers={"A": "{{ entry.name }} {{ entry.item }} {{ entry.seconds.hop }}"})
    assert found["headers"] == {"A": "search 0 null"}


def test_other_types() -> None:
    """A body that does not call itself JSON may be anything."""
    assert rendered("{{ entry.name }}: x", content_type="text/plain")["body"] == '"search": x'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('{"a": "{{ entry.name }}"}', "no JSON: Expecting ',' delimiter"),
        ("{{ entry.nam }}", "UndefinedError: 'dict object' has no attribute 'nam'"),
        ("{{ nothing }}", "UndefinedError: 'nothing' is undefined"),
        ("{{ ''.__class__.__mro__ }}", "SecurityError"),
        ("{{ entry.__init__.__globals__ }}", "SecurityError"),
        ("{{ entries.append(1) }}", "SecurityError"),
        ("{{ self.__init__ }}", "SecurityError"),
        ("{% include '/etc/passwd' %}", "TypeError: no loader"),
        ("{{ lipsum() }}", "'lipsum' is undefined"),
        ("{{ dict() }}", "'dict' is undefined"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ range(1000000) }}", "OverflowError"),
        ("{% for a in range(70000) %}1{% endfor %}", f"more than {MAX_BODY_BYTES} bytes"),
        ("[" * 20000, "no JSON"),
        ("{{ 1e999 }}", "Infinity is no number of JSON"),
        ("[NaN]", "NaN is no number of JSON"),
        ("{{ entry[' ' * 300 ~ 'a' * 140 ~ files.key] }}", "'dict object' has no attribute"),
        ("{{ entry[files.key] }}", "'dict object' has no attribute 'redacted'"),
    ],
)
def test_fails(body: str, why: str) -> None:
    """What fails says why in one line, without what stands in a file."""
    with pytest.raises(RenderError) as raised:
        rendered(body, files={"key": "topsecret"})
    assert why in str(raised.value)
    assert "topsecret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_too_many_levels() -> None:
    """JSON that is nested too deep to be looked at is none."""
    with pytest.raises(RenderError, match="too many levels"):
        rendered("[" * 5000 + "]" * 5000)


def test_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for which there is no memory says so."""

    def fail() -> None:
        raise MemoryError

    values = template_values([entry(1)], LINKS, {})
    with pytest.raises(RenderError, match="too much memory"):
        render({"body": "", "content_type": "text/plain", "headers": {}, "values": values}, fail)


def test_checked() -> None:
    """A source is looked over when the file is read."""
    check_template(BODY)
    for source, why in (
        ("{{ a", "line 1 of it: unexpected end of template"),
        ("\n{% bad %}", "line 2 of it: Encountered unknown tag 'bad'"),
        ("a\n{{ entry.name | upcase }}", "line 2 of it: there is no filter upcase"),
        ("{% if entry.name is odder %}{% endif %}", "line 1 of it: there is no test odder"),
        ("a" * (MAX_SOURCE_CHARACTERS + 1), "expected at most 16384"),
        ("{{ " + "(" * 5000, "this is no template"),
    ):
        with pytest.raises(ValueError, match=r".") as raised:
            check_template(source)
        assert why in str(raised.value)
