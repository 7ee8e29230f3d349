"""The files for other tools: each is what the tool's own schema allows, and names what promoter-view really has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from promoter_view.api.events.shape import EventShape
from promoter_view.dashboard.journal.requests import read_request
from promoter_view.dashboard.page_table import find_page
from promoter_view.journal.serving import bundles as event_bundles
from promoter_view.views.definition import GROUP, VERSION
from promoter_view.views.known import DEFINITIONS

ROOT = Path(__file__).parents[2]
FILES, SCHEMAS = ROOT / "deploy/integrations", Path(__file__).parent / "schemas"
PLURALS = [definition.plural for definition in DEFINITIONS]
#: Every link leads below it; whoever installs the file replaces it.
DASHBOARD = "https://promoter.example.com/"
LINKS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("url", "title", "description", "icon.class", "if")},
        "required": ["url", "title"],
        "additionalProperties": False,
    },
}


def schema(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text())


def read(name: str) -> Any:
    return yaml.safe_load((FILES / name).read_text())


def columns(plural: str) -> set[str]:
    if plural == event_bundles.PLURAL:
        return {column.name.upper() for column in EventShape().columns}
    found = next(definition for definition in DEFINITIONS if definition.plural == plural)
    return {column.name.upper() for column in found.columns}


@pytest.mark.parametrize("name", ["views", "plugins"])
def test_k9s_takes_it(name: str) -> None:
    """By k9s' own schemas, with which it refuses a file."""
    Draft7Validator(schema(f"k9s-{name}.json")).validate(read(f"k9s/{name}.yaml"))


def test_k9s_columns_are_those_of_the_tables() -> None:
    """A column that a Table does not have would stay empty; a column of jq is none of these."""
    for resource, view in read("k9s/views.yaml")["views"].items():
        place, _, plural = resource.rpartition("/")
        assert place == f"{GROUP}/{VERSION}"
        shown = {column.partition("|")[0] for column in view["columns"]}
        assert shown <= columns(plural) | {"NAMESPACE"}
        assert view["sortColumn"].partition(":")[0] in shown


def test_k9s_plugins_run_commands_that_there_are() -> None:
    """On the views' resources, with what k9s says of the row."""
    from promoter_view.command.promotion import promotion_command

    for plugin in read("k9s/plugins.yaml")["plugins"].values():
        assert set(plugin["scopes"]) <= set(PLURALS)
        named = re.search(r"kubectl promotion (\w+)", plugin["args"][1])
        assert named is not None
        assert named[1] in promotion_command.commands


def test_backstage_takes_the_configuration() -> None:
    """By the schema of its Kubernetes plugin; the resources are the views."""
    found = read("backstage/app-config.promoter-view.yaml")
    Draft7Validator(schema("backstage-kubernetes.json")).validate(found)
    (locator,) = found["kubernetes"]["clusterLocatorMethods"]
    (cluster,) = locator["clusters"]
    assert cluster["customResources"] == [{"group": GROUP, "apiVersion": VERSION, "plural": it} for it in PLURALS]


def test_backstage_takes_the_component() -> None:
    """By the schemas of its catalogue; its links lead to pages."""
    parts = schema("backstage-entity.json")
    registry = Registry().with_resources(
        (each["$id"], Resource.from_contents(each, default_specification=DRAFT7)) for each in parts
    )
    found = read("backstage/catalog-info.yaml")
    component = next(each for each in parts if each["$id"] == "ComponentV1alpha1")
    Draft7Validator(component, registry=registry).validate(found)
    for link in found["metadata"]["links"]:
        leads_to_a_page(link["url"])


def test_argocd_links() -> None:
    """Lists as Argo CD's documentation has them; with values for their templates they lead to pages."""
    data = read("argocd/argocd-cm.yaml")["data"]
    assert set(data) == {"application.links", "resource.links"}
    for text in data.values():
        links = yaml.safe_load(text)
        Draft7Validator(LINKS).validate(links)
        for link in links:
            leads_to_a_page(re.sub(r"\{\{ [.\w]+ \}\}", "0123abcdef", link["url"]))


def leads_to_a_page(url: str) -> None:
    assert url.startswith(DASHBOARD)
    parts = urlsplit(url)
    path = parts.path.removeprefix("/")
    if path == "journal":
        read_request(parse_qs(parts.query), datetime.now(UTC), accept="text/html", last_event_id=None)
    elif path.startswith("commits/"):
        assert re.fullmatch(r"commits/[0-9a-f]{7,64}", path)
    else:
        assert find_page(path) is not None


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not here")
def test_the_headlamp_plugin_registers_the_views() -> None:
    """Run with a stand-in of Headlamp: an entry and a list for each view, with cells also for odd bundles."""
    items = [
        {"status": {"state": "Held", "message": "held"}, "stage": {"status": {"health": {"status": "Healthy"}}}},
        {},
        {"status": None, "stage": {}},
    ]
    command = ["node", str(Path(__file__).with_name("headlamp.js"))]
    plugin = FILES / "headlamp/promoter-view/main.js"
    done = subprocess.run([*command, str(plugin), json.dumps(items)], check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert [each["pluralName"] for each in said["classes"]] == PLURALS
    assert [each["kind"] for each in said["classes"]] == [definition.kind for definition in DEFINITIONS]
    assert all(each["apiInfo"] == [{"group": GROUP, "version": VERSION}] for each in said["classes"])
    paths = {each["path"] for each in said["lists"]}
    assert {entry["url"] for entry in said["entries"]} <= paths
    assert [each["cells"][0] for each in said["lists"]] == [["Held", "held"], ["", "Healthy"]]
    assert all(cell == ["", ""] for each in said["lists"] for cell in each["cells"][1:])
