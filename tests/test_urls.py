"""What of a URL is hidden."""

from __future__ import annotations

import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view import urls
from promoter_view.urls import TooManyURLs, public_url, without_credentials

CLEANED = {
    "user and password": ("https://user:t0ken@host/x.git", "https://host/x.git"),
    "a token alone": ("https://t0ken@host/x", "https://host/x"),
    "an at sign in the password": ("http://user:t0@ken@host:3000/x", "http://host:3000/x"),
    "upper case": ("HTTPS://user:t0ken@host/x", "HTTPS://host/x"),
    "no path": ("https://t0ken@host", "https://host"),
    "nobody": ("https://@host/x", "https://host/x"),
    "git over ssh": ("ssh://git@host/x", "ssh://git@host/x"),
    "a password of another scheme": ("ssh://git:t0ken@host/x", "ssh://git@host/x"),
    "a database": ("postgres://:t0ken@host/x", "postgres://host/x"),
    "a parameter": ("https://host/x?a=b&access_token=t0ken&c=d#e", "https://host/x?a=b&access_token=redacted&c=d#e"),
    "GitLab's": ("https://host/x?private_token=t0ken", "https://host/x?private_token=redacted"),
    "camel case": ("https://host/x?accessToken=t0ken", "https://host/x?accessToken=redacted"),
    "signed": (
        "https://b/x?X-Amz-Credential=t0ken&X-Amz-Signature=t0ken&X-Amz-Date=1",
        "https://b/x?X-Amz-Credential=redacted&X-Amz-Signature=redacted&X-Amz-Date=1",
    ),
    "Azure's": ("https://b/x?sv=1&sig=t0ken", "https://b/x?sv=1&sig=redacted"),
    "both": ("https://t0ken@host/x?token=t0ken", "https://host/x?token=redacted"),
    "in words": ("fatal: https://u:t0ken@host/x?token=t0ken failed", "fatal: https://host/x?token=redacted failed"),
    "two": ("https://t0ken@a/ https://t0ken@b/", "https://a/ https://b/"),
    "a parameter behind an action of a template": (
        "https://host/{{ .Branch }}/{{ .Sha }}?token=t0ken&env={{ .Branch }}",
        "https://host/{{ .Branch }}/{{ .Sha }}?token=redacted&env={{ .Branch }}",
    ),
    "a password beside an action": ("https://{{ .User }}:t0ken@host/x", "https://host/x"),
    "a scheme that a template gives": ("{{ .Scheme }}://user:t0ken@host/x", "{{ .Scheme }}://host/x"),
    "a token behind such a scheme": ("${SCHEME}://t0ken@host/x?token=t0ken", "${SCHEME}://host/x?token=redacted"),
    "a scheme that a format gives": ("%s://user:t0ken@host", "%s://user@host"),
    "no scheme": ("at ://user:t0ken@host/x", "at ://user@host/x"),
    "a way to read it over https": ("git+https://t0ken@host/x", "git+https://host/x"),
    "a way to read it over ssh": ("git+ssh://git:t0ken@host/x", "git+ssh://git@host/x"),
    "not of ASCII": ("https://ü:t0kén@host/é", "https://host/é"),
}
AS_THEY_ARE = [
    "https://host/x?author=a&key=b&page=3",
    "https://host/@scope/package?x=a@b",
    "git@host:team/app.git",
    "a person <a@host>",
    "see https://host\nSigned-off-by: a@host",
    '{"url":"https://host","by":"a@host"}',
    "https://${{ vars.user }}:${{ secret('x').y }}@host",
    "https://{{ .User }}@host/{{ .Branch }}?env={{ .Branch }}",
    "://a@b",
    "https://host/{{ .Branch",
    "",
]


@pytest.mark.parametrize(("url", "wanted"), CLEANED.values(), ids=CLEANED)
def test_credentials_go(url: str, wanted: str) -> None:
    """User information and parameters that are credentials go, in a URL and in a text that holds one."""
    assert public_url(url) == wanted == public_url(wanted)
    assert "t0k" not in public_url(url)


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_the_rest_stays(text: str) -> None:
    """What is no credential of a URL stays as it is, in JSON too, and within the text of another JSON."""
    assert public_url(text) == text
    assert without_credentials(orjson.dumps({text: text})) == orjson.dumps({text: text})


LARGE = {
    "plain": "https://host/x/{}",
    "an at sign in the path": "https://host/x@{}",
    "a parameter": "https://host/x?a={}",
}


@pytest.mark.parametrize("url", LARGE.values(), ids=LARGE)
def test_what_has_no_credentials_is_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is put together again of a text whose URLs carry none, so that 20,000 cost some milliseconds."""
    monkeypatch.setattr(urls, "_cleaned", pytest.fail)
    encoded = orjson.dumps([url.format(number) for number in range(20_000)])
    assert without_credentials(encoded) is encoded


def test_beyond_the_bound_every_url_is_hidden_as_a_whole() -> None:
    """So many credentials are not taken out one by one: nothing secret is shown, and the rest of the text is."""
    carrying = [f"git://user:t0ken{number}@host/x" for number in range(5_000)]
    cleaned = without_credentials(orjson.dumps([*carrying, "https://host/x", "text"]))
    assert b"t0ken" not in cleaned
    assert orjson.loads(cleaned)[-3:] == ["git://redacted", "https://redacted", "text"]
    few = without_credentials(orjson.dumps([*carrying[:4_000], "https://host/x"]))
    assert orjson.loads(few)[-2:] == ["git://user@host/x", "https://host/x"]


def test_so_many_suspects_are_hidden_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond that bound no URL is looked at closely, whether it carries a credential or not."""
    monkeypatch.setattr(urls, "_has_hint", lambda _: True)
    monkeypatch.setattr(urls, "_cleaned", pytest.fail)
    encoded = orjson.dumps([f"https://host/x@{number}" for number in range(urls.MAX_SUSPECTS + 1)])
    assert orjson.loads(without_credentials(encoded)) == ["https://redacted"] * (urls.MAX_SUSPECTS + 1)


HOSTILE = {
    "beginnings": "://",
    "beginnings apart": ":// ",
    "actions": "{{a}}",
    "braces": "{",
    "pairs of braces": "{}",
    "actions that quote": '{{"a"}}',
}


@pytest.mark.parametrize("part", HOSTILE.values(), ids=HOSTILE)
def test_more_places_than_are_looked_at_are_refused(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text in which URLs may begin or go on so often is refused before any is looked for; on a page it is hidden."""
    text = f"https://t0ken@host/{part * (urls.MAX_PLACES + 1)}"
    with monkeypatch.context() as patch:
        patch.setattr(urls, "_URL", None)
        with pytest.raises(TooManyURLs):
            without_credentials(orjson.dumps(text))
    assert public_url(text) == "redacted"
    assert public_url(part * (urls.MAX_PLACES + 1)) == part * (urls.MAX_PLACES + 1)


def test_objects_of_json_are_no_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Braces of JSON, also of JSON within a text, end a URL and count for nothing."""
    monkeypatch.setattr(urls, "MAX_PLACES", 10)
    document = {"list": [{"name": "a@b"}] * 20, "json": '{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}' * 5}
    encoded = orjson.dumps(document)
    assert without_credentials(encoded) is encoded


@given(st.text(alphabet='aA:/?@&=# "\\<>\n_tokenhps', max_size=40), st.text(alphabet="ab:/@?", max_size=10))
def test_json_stays_json(text: str, more: str) -> None:
    """Whatever texts hold, JSON stays JSON of the same shape."""
    cleaned = without_credentials(orjson.dumps([{text: more}, f"https://{text}@{more}", 1]))
    found = orjson.loads(cleaned)
    assert [type(each) for each in found] == [dict, str, int]


def test_quotes_in_an_action_of_a_template() -> None:
    """A template's action may quote: escaped, as JSON has that, it ends no URL."""
    url = 'https://host/{{ index .Labels "a" }}?token=%s&env={{ .Branch }}'
    encoded = orjson.dumps({"template": url % "t0ken", "next": "}}?token=t0ken"})
    assert without_credentials(encoded) == orjson.dumps({"template": url % "redacted", "next": "}}?token=t0ken"})


@pytest.mark.parametrize("part", ["://a", "://a?", "{{", "{{ a", "{{ a }}", '{{ \\"', "://{{ a }}?token="])
def test_a_long_text_is_looked_at_once(part: str) -> None:
    """The time that a text takes grows with its length, whatever it repeats: 300 KB are done with in a second."""
    text = ("://" + part * (300_000 // len(part))).encode()
    started = time.process_time()
    without_credentials(text)
    assert time.process_time() - started < 1
