"""Where a journal in PostgreSQL is."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter_view.journal.postgresql.address import DatabaseAddressError, is_database, parse_address
from promoter_view.program.command_line.declaring import OptionError
from promoter_view.program.command_line.parsing import exposed, settings

SECRET = "pa55word"


def test_all_that_it_says() -> None:
    """What is libpq's goes to libpq; schema and copy are this program's."""
    found = parse_address(
        f"postgres://ann:{SECRET}@db1:5432,[::1]:5433/journal?schema=team_a&sslmode=verify-full&copy=%2Ftmp%2Fcopy.sqlite"
        "&target_session_attrs=read-write"
    )
    assert found.url == (
        f"postgresql://ann:{SECRET}@db1:5432,[::1]:5433/journal?sslmode=verify-full&target_session_attrs=read-write"
    )
    assert (found.schema, found.copy, found.is_secret) == ("team_a", Path("/tmp/copy.sqlite"), True)
    assert found.shown == "postgresql://db1:5432,[::1]:5433/journal, schema team_a"
    assert "sslmode" in found.given
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("text", "url", "shown"),
    [
        ("postgresql://", "postgresql:///", "postgresql:///, schema promoter_view"),
        ("postgresql:///?password_file=/p", "postgresql:///", "postgresql:///, schema promoter_view"),
        ("postgresql:///?service=journal", "postgresql:///?service=journal", "postgresql:///, schema promoter_view"),
        (
            "postgresql:///j?host=/run/postgresql",
            "postgresql:///j?host=/run/postgresql",
            "postgresql:///run/postgresql/j, schema promoter_view",
        ),
        (
            "postgresql://%2Frun%2Fpostgresql/j",
            "postgresql://%2Frun%2Fpostgresql/j",
            "postgresql:///run/postgresql/j, schema promoter_view",
        ),
    ],
)
def test_what_is_left_to_the_environment(text: str, url: str, shown: str) -> None:
    """PGHOST, PGPASSFILE and the like, and sockets."""
    found = parse_address(text)
    assert (found.url, found.shown, found.copy, found.is_secret) == (url, shown, None, False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("postgresql:", "expected postgresql://USER@HOST:PORT/DATABASE"),
        (f"postgresql://ann:{SECRET}/x@db/j", "percent-encoded"),
        (f"postgresql://ann:{SECRET}#x@db/j", "percent-encoded"),
        (f"postgresql://ann:{SECRET}%@db/j", "percent-encoded"),
        (f"postgresql://ann:{SECRET}%00@db/j", "percent-encoded"),
        (f"postgresql://ann:{SECRET} @db/j", "percent-encoded"),
        (f"postgresql://ann:{SECRET}@x@db/j", "one : and one @"),
        (f"postgresql://ann:{SECRET}:x@db/j", "one : and one @"),
        (f"postgresql://ann:{SECRET}/j", "the host is no HOST or HOST:PORT"),
        ("postgresql://ann@db:port/j", "'db:port' is no HOST or HOST:PORT"),
        ("postgresql://ann@db:70000/j", "'db:70000' is no HOST or HOST:PORT"),
        ("postgresql://db/j?schema=Team-A", "schema: expected small letters"),
        ("postgresql://db/j?copy=", "copy: expected a file"),
        ("postgresql://db/j?password_file=", "password_file: expected a file"),
        (f"postgresql://ann:{SECRET}@db/j?password_file=/p", "password_file: the URL has a password too"),
        (f"postgresql://db/j?password={SECRET}&password_file=/p", "password_file: the URL has a password too"),
        ("postgresql://db/j?sslmod=require", r"a parameter is not known \(did you mean sslmode\?\)"),
        (
            f"postgresql://db/j?{SECRET}=1",
            r"a parameter is not known \(did you mean password\?\): expected schema, copy",
        ),
        ("postgresql://db/j?sslmode", "sslmode: expected sslmode=VALUE, once"),
        ("postgresql://db/j?copy=a&copy=b", "copy: expected copy=VALUE, once"),
        ("postgresql://db/j?sslmode=verify", "sslmode: expected one of disable, allow"),
    ],
)
def test_what_is_no_address(text: str, words: str) -> None:
    """It is said what is expected, and nothing of a password."""
    with pytest.raises(DatabaseAddressError, match=words) as caught:
        parse_address(text)
    assert SECRET not in str(caught.value)


def test_the_password_of_a_key() -> None:
    """It goes with a file that has the user's; it is a secret too."""
    found = parse_address(f"postgresql://ann@db/j?sslkey=/k&sslpassword={SECRET}&password_file=/p")
    assert (found.password_file, found.is_secret) == (Path("/p"), True)
    assert SECRET not in repr(found)


def test_a_bad_value_is_not_shown() -> None:
    """On the command line, and from the environment."""
    bad = f"postgresql://ann:{SECRET}/x@db/j"
    for given, environ in (({"journal": bad}, {}), ({}, {"PROMOTER_VIEW_JOURNAL": bad})):
        with pytest.raises(OptionError, match=r"invalid value 'postgresql:\.\.\.' for .*: expected") as caught:
            settings(given, environ)
        assert SECRET not in str(caught.value)


def test_a_password_that_ps_shows() -> None:
    """It is said, without it."""
    (line,) = exposed({"journal": f"postgresql://ann:{SECRET}@db/j"})
    assert line.startswith("--journal has a password, and ps shows it")
    assert SECRET not in line
    assert exposed({"journal": f"postgresql://db/j?password={SECRET}"})
    assert not exposed({"journal": "postgresql://ann@db/j"})
    assert not exposed({"journal": "memory:"})
    assert not exposed({})


def test_which_are_in_a_database() -> None:
    """By their scheme."""
    assert is_database("postgres://db/j")
    assert is_database("postgresql:")
    assert not is_database("sqlite:postgresql:")
