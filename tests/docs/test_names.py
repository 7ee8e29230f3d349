"""What the documentation names exists: links, options, variables, metrics, paths, commands, files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from promoter_view.command.program import promoter_view_command
from promoter_view.command.promotion import promotion_command
from promoter_view.dashboard.page_table import PAGES as DASHBOARD_PAGES
from promoter_view.metrics import Metrics
from promoter_view.program.command_line.settings import OPTIONS
from tests.support.docs.pages import CHANGELOG, PAGES, ROOT, anchors, fenced, inline_code, shown

#: Options of other tools that the pages name, by the tool.
FOREIGN = {
    "kubectl": "all-namespaces as as-group dry-run field-manager field-selector for force-conflicts group "
    "raw overwrite replicas resource server-side type verb clusterrole serviceaccount namespace non-resource-url "
    "all cert key from-file output from-literal timeout context kubeconfig watch selector user ignore-not-found "
    "insecure-skip-tls-verify",
    "kube-apiserver": "oidc- requestheader- proxy-client-cert-file proxy-client-key-file",
    "twistd": "pidfile nodaemon",
    "helm": "set set-string values namespace create-namespace version skip-crds",
    "docker": "network build-arg platform read-only volume publish rm",
    "etcdctl": "prefix",
    "curl": "cert key cacert",
    "kubeconform": "strict",
    "etcd": "quota-backend-bytes",
    "oauth2-proxy": "scope trusted-proxy-ip",
    "all of one prefix": "etcd-",
}
#: Paths of other servers and of hosts, and keys of an etcd.
FOREIGN_PATHS = re.compile(
    r"/(PREFIX|headlamp|api/v1|apis|var|opt|etc|tmp|tls|credentials|branches/compare|branchCompare|changes|-/compare|repos|v2|proc|usr)\b"
)
#: Variables of others that the program or its scripts read.
FOREIGN_VARIABLES = {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "KUBECONFIG", "API_SERVER_BASE_URL"}
_OPTION = re.compile(r"(?<![\w/.-])--([a-z][a-z0-9-]*)")
#: Commands of other tools, whose options are theirs.
_FOREIGN_LINE = re.compile(
    r"(?<![\w-])(cosign|curl|docker|etcd|etcdctl|gh|gpg|helm|jq|k9s|openssl|pip|pipx|python3?|sha256sum|systemctl"
    r"|towncrier) "
)
_METRIC = re.compile(r"\bpromoter_view_[a-z][a-z_]+[a-z]")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_SOURCE = re.compile(r"(?:<img|<source)[^>]*\bsrc(?:set)?=\"([^\"]+)\"")
_FILE = re.compile(r"^(?:deploy|docs|hack|tests|promoter_view|benchmarks|newsfragments)/[\w./-]*$")
_COMMAND = re.compile(r"(?<![\w./-])(promoter-view|kubectl promotion)((?: +[a-z][a-z-]*)+)")
_MAKE = re.compile(r"(?:^|`|&& )make ([a-z][a-z-]*)", re.MULTILINE)
_SERVED = {"list", "watch", "livez", "readyz", "healthz", "metrics", "version", "openapi", "api", "apis", "static"}
_OF_DASHBOARD = {"commits.json", "compare", "sign-in", "sign-out"}


def code_of(page: str) -> Iterator[str]:
    """Inline code, and lines of blocks."""
    yield from inline_code(page)
    for _, text in fenced(page):
        yield from text.splitlines()


def declared(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from (name.removeprefix("--") for name in (*parameter.opts, *parameter.secondary_opts))
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from declared(each)


@cache
def known_options() -> set[str]:
    ours = {option.name for option in OPTIONS} | {*declared(promoter_view_command), *declared(promotion_command)}
    return ours | {"help", "version"} | {name for names in FOREIGN.values() for name in names.split()}


@cache
def known_metrics() -> set[str]:
    """Names as scraped, those of the programs' own and of /metrics/promotions."""
    of_program = set(re.findall(r"^# TYPE (\S+)", Metrics().render().decode(), re.MULTILINE))
    sources = "".join(path.read_text() for path in (ROOT / "promoter_view" / "measures").glob("*.py"))
    return of_program | set(re.findall(r"promoter_view_[a-z_]+", sources))


def is_metric(name: str) -> bool:
    base = re.sub(r"_(total|bucket|sum|count|created)$", "", name)
    return not known_metrics().isdisjoint({name, base, f"{base}_total"})


@pytest.mark.parametrize("page", [*PAGES, CHANGELOG], ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link and picture is a file, and its anchor a heading there."""
    text = page.read_text()
    broken = []
    for link in [*_LINK.findall(text), *_SOURCE.findall(text)]:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page if not name else (page.parent / name).resolve()
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            broken.append(link)
    assert broken == []


def test_every_page_is_found() -> None:
    """README links each page of docs/."""
    linked = set(_LINK.findall((ROOT / "README.md").read_text()))
    assert sorted(shown(page) for page in PAGES[1:] if shown(page) not in linked) == []


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_options_exist(page: Path) -> None:
    """Each ``--option`` is one of the program's, of its commands' or of the tool that it is said of."""
    ours = (text for text in code_of(page.read_text()) if not _FOREIGN_LINE.search(text))
    named = {name for text in ours for name in _OPTION.findall(text)}
    assert sorted(named - known_options()) == []


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_variables_exist(page: Path) -> None:
    """Each PROMOTER_VIEW_* is an option's, or is read by the tests."""
    named = set(re.findall(r"\bPROMOTER_VIEW_[A-Z0-9_]*[A-Z0-9]", page.read_text()))
    of_tests = {"PROMOTER_VIEW_SOAK", "PROMOTER_VIEW_CONTROLPLANE", "PROMOTER_VIEW_OPTION_IN_CAPITALS"}
    assert sorted(named - {option.environment for option in OPTIONS} - of_tests) == []


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_metrics_exist(page: Path) -> None:
    """Each ``promoter_view_*`` that is no module is a metric."""
    named = {name for text in code_of(page.read_text()) for name in _METRIC.findall(text)}
    assert sorted(name for name in named if not is_metric(name)) == []


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_paths_exist(page: Path) -> None:
    """The first part of each HTTP path is one that the API or the dashboard serves."""
    served = _SERVED | _OF_DASHBOARD | {each.path.split("/")[0] for each in DASHBOARD_PAGES}
    paths = {text for text in inline_code(page.read_text()) if re.match(r"/[\w?]*", text) and " " not in text}
    unknown = {path for path in paths if re.split(r"[/?,]", path[1:])[0] not in served}
    assert sorted(path for path in unknown if not FOREIGN_PATHS.match(path)) == []


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_commands_exist(page: Path) -> None:
    """Each command after ``promoter-view`` and ``kubectl promotion`` is one; each ``make`` has its rule."""
    unknown = []
    groups = {"promoter-view": promoter_view_command, "kubectl promotion": promotion_command}
    for text in code_of(page.read_text()):
        if not text.lstrip().startswith("#"):
            for name, rest in _COMMAND.findall(text):
                if rest.split()[0] not in groups[name].commands and not text.startswith(("image", "helm", "docker")):
                    unknown.append(f"{name}{rest}")
    assert unknown == []
    rules = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert sorted(set(_MAKE.findall("\n".join(code_of(page.read_text())))) - rules) == []


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_files_exist(page: Path) -> None:
    """Each path below a folder of the repository is there."""
    named = {text for text in inline_code(page.read_text()) if _FILE.match(text)}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
