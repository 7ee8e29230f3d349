"""The gates of hack/structure: each says what it is there to say, and the repository as it stands passes them all."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from hack.structure import class_names, imports, mentions, news, numbers, pure, sizes
from hack.structure.__main__ import ROOT
from hack.structure.source import module

LIMITS = numbers.Numbers(
    function_lines=3,
    class_lines=6,
    constructor_parameters=2,
    folder_modules=2,
    repeated_class_names=1,
    repeated_without_reason=0,
    shared_test_folders=("support",),
    news_kinds=("feature", "bugfix"),
    exceptions={},
    repeated={"Page": "two ports, two pages"},
    unmentioned={},
    pure=(),
)

SIZES: dict[str, tuple[str, tuple[str, ...]]] = {
    "a body at the limit, its docstring aside": (
        'def f(\n  a,\n):\n  """It.\n\n  Long.\n  """\n  a()\n  b()\n  c()',
        (),
    ),
    "a body above it": ("def f():\n a()\n b()\n c()\n d()", ("p/m.py:f: 4 lines in a function's body, at most 3",)),
    "a method's body above it": (
        "class C:\n async def f(self):\n  a()\n  b()\n  c()\n  d()",
        ("p/m.py:C.f: 4 lines in a function's body, at most 3",),
    ),
    "a function within one": (
        "def f():\n def g():\n  a()\n  b()\n  c()\n  d()",
        ("p/m.py:f: 5 lines in a function's body, at most 3", "p/m.py:f.g: 4 lines in a function's body, at most 3"),
    ),
    "a function of a docstring alone": ('def f():\n """It."""', ()),
    "a class at the limit": ("class C:\n a = 1\n b = 1\n c = 1\n d = 1\n e = 1", ()),
    "a class above it": (
        "class C:\n a = 1\n b = 1\n c = 1\n d = 1\n e = 1\n f = 1",
        ("p/m.py:C: 7 lines in a class, at most 6",),
    ),
    "a constructor at the limit": ("class C:\n def __init__(self, a, *, b):\n  pass", ()),
    "a constructor above it": (
        "class C:\n def __init__(self, a, /, b, *, c):\n  pass",
        ("p/m.py:C.__init__(): 3 parameters of a constructor, at most 2",),
    ),
    "many parameters of what is no constructor": ("class C:\n def f(self, a, b, c, d):\n  pass", ()),
}


@pytest.mark.parametrize(("text", "said"), SIZES.values(), ids=SIZES)
def test_sizes(text: str, said: tuple[str, ...]) -> None:
    """What is larger than its limit is named with its size; what is as large as that is not."""
    assert tuple(sizes.complaints([module("p/m.py", text)], LIMITS)) == said


def test_folders_are_counted_without_their_init() -> None:
    """A folder may have so many modules of its own; those of the folders in it are theirs."""
    inside = ["p/__init__.py", "p/a.py", "p/b.py", "p/q/c.py"]
    assert list(sizes.complaints([module(path, "") for path in inside], LIMITS)) == []
    said = list(sizes.complaints([module(path, "") for path in (*inside, "p/d.py")], LIMITS))
    assert said == ["p: 3 modules in a folder, at most 2"]


def test_an_exception_holds_up_to_its_size_and_no_longer_than_needed() -> None:
    """What is in the table may be as large as the table says, no larger, and leaves it once it is within the limit."""
    body = [module("p/m.py", "def f():\n a()\n b()\n c()\n d()")]
    assert list(sizes.complaints(body, replace(LIMITS, exceptions={"p/m.py:f": 4}))) == []
    small = [module("p/m.py", "def f():\n a()")]
    said = list(sizes.complaints(small, replace(LIMITS, exceptions={"p/m.py:f": 4})))
    assert said == ["p/m.py:f: is within the limit now; take it out of the exceptions"]
    larger = [module("p/m.py", "def f():\n a()\n b()\n c()\n d()\n e()")]
    said = list(sizes.complaints(larger, replace(LIMITS, exceptions={"p/m.py:f": 4})))
    assert said == ["p/m.py:f: 5 lines in a function's body, at most 4"]


def _classes(*names: str) -> list[str]:
    package = [module(f"p/{index}.py", f"class {name}: pass") for index, name in enumerate(names)]
    return list(class_names.complaints(package, LIMITS))


def test_class_names_that_stand_twice() -> None:
    """So many may, each with its reason; a private one is its module's own, and a reason leaves with its name."""
    assert _classes("Page", "Page", "_Item", "_Item", "Line") == []
    assert _classes("Page", "Page", "Line", "Line") == [
        "2 class names stand twice, at most 1: \n  Line: p/2.py, p/3.py\n  Page: p/0.py, p/1.py",
        "1 class names stand twice without a reason, at most 0: \n  Line: p/2.py, p/3.py",
    ]
    assert _classes("Page") == ["Page: stands once now; take it out of structure.repeated"]


IMPORTS: dict[str, tuple[str, int]] = {
    "its own folder": ("from tests.api.sockets import Socket", 0),
    "its own folder, relative": ("from . import sockets", 0),
    "what is shared": ("from tests.support.ports import free", 0),
    "the package": ("import promoter_view.api", 0),
    "another folder": ("from tests.web.world import World", 1),
    "another folder, as a name of tests": ("from tests import web", 1),
    "another folder, as a module": ("import tests.web.world", 1),
    "another folder, relative": ("from ..web import world", 1),
    "another folder, within a function": ("def f():\n from tests.web import world", 1),
}


@pytest.mark.parametrize(("text", "count"), IMPORTS.values(), ids=IMPORTS)
def test_imports_among_tests(text: str, count: int) -> None:
    """A folder of tests imports from itself and from what is shared, in whatever way it is written."""
    assert len(list(imports.complaints([module("tests/api/test_it.py", text)], LIMITS))) == count


MENTIONS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "used by the package": ("def f(): pass\ng = f", "", "", ()),
    "used by a benchmark": ("def f(): pass", "from p.m import f", "", ()),
    "used by a template": ("class C:\n def title(self): pass\nC()", "", "{{ page.title() }}", ()),
    "used by nothing": ("def f(): pass\nclass C: pass", "", "", ("p/m.py:f", "p/m.py:C")),
    "a method used by nothing": ("class C:\n def f(self): pass\nC()", "", "", ("p/m.py:C.f",)),
    "used by itself alone": ("def f():\n return f()", "", "", ("p/m.py:f",)),
    "told of in a string alone": ('def f(): pass\n"f"', "", "", ("p/m.py:f",)),
    "private": ("def _f(): pass\nclass _C:\n def f(self): pass", "", "", ()),
    "called by Twisted": ("class C:\n def dataReceived(self, data): pass\nC()", "", "", ()),
    "a route": ("class C:\n @app.route('/')\n def root(self, request): pass\nC()", "", "", ()),
    "a command": ("@group.command()\ndef f(): pass", "", "", ()),
    "overrides a library's": ("class C:\n def f(self):\n  'See click.Command.'\nC()", "", "", ()),
    "decorated, and no route": ("@lru_cache(1)\ndef f(): pass", "", "", ("p/m.py:f",)),
}


@pytest.mark.parametrize(("text", "user", "template", "unused"), MENTIONS.values(), ids=MENTIONS)
def test_definitions_that_nothing_mentions(text: str, user: str, template: str, unused: tuple[str, ...]) -> None:
    """A public definition is used by the program, or named; what others call by agreement is none."""
    found = mentions.complaints([module("p/m.py", text)], [module("benchmarks/b.py", user)], [template], LIMITS)
    assert tuple(found) == tuple(f"{key}: only tests use it, or nothing" for key in unused)


def test_an_unused_definition_with_a_reason() -> None:
    """A reason allows what only tests use, and leaves the table once it is used or gone."""
    allowed = replace(LIMITS, unmentioned={"p/m.py:f": "tests arm it"})
    assert list(mentions.complaints([module("p/m.py", "def f(): pass")], [], [], allowed)) == []
    said = list(mentions.complaints([module("p/m.py", "def f(): pass\nf()")], [], [], allowed))
    assert said == ["p/m.py:f: is used or gone; take it out of structure.unmentioned"]


NEWS: dict[str, tuple[dict[str, str], Iterable[str] | None, int]] = {
    "a change with its fragment": ({"it.bugfix.md": "It."}, ["promoter_view/it.py", "newsfragments/it.bugfix.md"], 0),
    "a change without": ({"it.bugfix.md": "It."}, ["promoter_view/it.py"], 1),
    "a change of tests alone": ({}, ["tests/test_it.py"], 0),
    "where git does not say": ({"it.bugfix.md": "It."}, None, 0),
    "a second fragment of the same name": ({"it.bugfix.1.md": "It."}, None, 0),
    "a kind that towncrier does not know": ({"it.fix.md": "It."}, None, 1),
    "no kind": ({"it.md": "It."}, None, 1),
    "another ending": ({"it.bugfix.txt": "It."}, None, 1),
    "an empty one": ({"it.bugfix.md": "\n"}, None, 1),
}


@pytest.mark.parametrize(("fragments", "changed", "count"), NEWS.values(), ids=NEWS)
def test_news(fragments: dict[str, str], changed: Iterable[str] | None, count: int) -> None:
    """Each fragment is one that towncrier takes, and a change of the package brings one."""
    assert len(list(news.complaints(fragments, changed, LIMITS))) == count


def _git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(("git", "-C", root, *identity, *arguments), check=True, capture_output=True)


def test_what_changed_since_main(tmp_path: Path) -> None:
    """What a branch committed, changed and added counts, not what main did since; without a main nothing is known."""
    assert news.changed_since_main(tmp_path) is None
    _git(tmp_path, "init", "--initial-branch=work")
    for branch, name in (("work", "old"), ("main", "theirs"), ("work", "committed")):
        _git(tmp_path, "checkout", "-B", branch) if branch == "main" else None
        (tmp_path / name).write_text("1")
        _git(tmp_path, "add", name)
        _git(tmp_path, "commit", "-m", name)
        _git(tmp_path, "checkout", "work")
    (tmp_path / "old").write_text("2")
    (tmp_path / "added").write_text("1")
    assert sorted(news.changed_since_main(tmp_path) or ()) == ["added", "committed", "old"]


PURE: dict[str, tuple[str, int]] = {
    "values": ("from promoter_view.records import Change\nimport enum", 0),
    "the reactor": ("from twisted.internet import reactor", 1),
    "an interface of it": ("from twisted.internet.interfaces import IReactorTime", 1),
    "a clock": ("import time", 1),
    "a name that begins alike": ("import timeit", 0),
}


@pytest.mark.parametrize(("text", "count"), PURE.values(), ids=PURE)
def test_pure_modules_touch_nothing(text: str, count: int) -> None:
    """A module of the list imports no reactor, client, clock or socket."""
    limits = replace(LIMITS, pure=("p/m.py",))
    assert len(list(pure.complaints([module("p/m.py", text)], limits))) == count


def test_a_pure_module_that_is_not_there() -> None:
    """A row of the list that is no module is said: coverage would pass over it in silence."""
    said = list(pure.complaints([], replace(LIMITS, pure=("p/gone.py",))))
    assert said == ["p/gone.py: stands among the pure modules (tool.coverage.report), and is not there"]


def test_a_number_that_no_gate_reads_is_refused() -> None:
    """A mistyped limit is an error, and no limit that is not held."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert numbers.parsed(text).function_lines == 50
    with pytest.raises(TypeError):
        numbers.parsed(text.replace("function_lines", "function_line"))
