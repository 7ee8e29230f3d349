"""What of Kargo's objects reaches the log."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.kubernetes.cleaning import CleaningRules, source_object
from promoter_view.kubernetes.kinds import KARGO_KINDS
from promoter_view.kubernetes.redaction import REDACTED
from promoter_view.promotions.steps.catalogue import known_steps
from promoter_view.stages.steps import OWN_STEPS

KINDS = {kind.kind: kind for kind in KARGO_KINDS}
SECRET = "s3cr3t"
HTTP = {
    "uses": "http",
    "as": "notify",
    "if": "${{ vars.enabled == 'yes' }}",
    "config": {
        "url": "https://hooks.example.com",
        "headers": [{"name": "Authorization", "value": SECRET}],
        "body": SECRET,
    },
    "vars": [{"name": "a", "value": SECRET}],
}
UPDATE = {"uses": "argocd-update", "config": {"apps": [{"name": "${{ vars.app }}"}]}}
VARS = [
    {"name": "base", "value": "shop"},
    {"name": "app", "value": "${{ vars.base }}-prod"},
    {"name": "enabled", "value": "yes"},
    {"name": "password", "value": SECRET},
]


def cleaned(kind: str, **parts: Any) -> Any:
    metadata = {"name": "a", "namespace": "shop", "resourceVersion": "7"}
    found = {"apiVersion": KINDS[kind].api_version, "kind": kind, "metadata": metadata, **parts}
    return orjson.loads(source_object(found, CleaningRules(KINDS[kind]))[1].body)


def test_own_steps() -> None:
    """The steps whose config is kept are those that are run here."""
    assert set(known_steps()) == OWN_STEPS


def test_promotion() -> None:
    """Of other steps config, variables and output go; of ours and of the run all stays that is shown or worked with."""
    run = {
        "phase": "Running",
        "stepExecutionMetadata": [{"alias": "notify", "status": "Succeeded", "message": "sent"}],
        "state": {"notify": {"body": SECRET, "status": 200}, "step-2": {"apps": []}},
        "healthChecks": [{"uses": "argocd-update", "config": {"apps": []}}, {"uses": "x", "config": {"a": SECRET}}],
    }
    found = cleaned("Promotion", spec={"stage": "prod", "steps": [HTTP, UPDATE], "vars": VARS}, status=run)
    assert SECRET not in str(found)
    step = found["spec"]["steps"][0]
    assert (step["uses"], step["as"], step["if"]) == (HTTP["uses"], HTTP["as"], HTTP["if"])
    assert step["config"]["headers"] == [{"name": REDACTED, "value": REDACTED}]
    assert found["spec"]["steps"][1] == UPDATE
    assert found["spec"]["vars"] == [*VARS[:3], {"name": "password", "value": REDACTED}]
    assert found["status"]["state"] == {"notify": {"body": REDACTED, "status": REDACTED}, "step-2": {"apps": []}}
    assert found["status"]["healthChecks"][0] == run["healthChecks"][0]
    assert found["status"]["stepExecutionMetadata"] == run["stepExecutionMetadata"]


@pytest.mark.parametrize("wanted", ["${{ vars['pass' + 'word'] }}", "${{ toJSON(vars) }}", "${{ vars?.password }}"])
def test_variables_that_are_not_named(wanted: str) -> None:
    """Where a step of ours may ask for any variable, all are kept."""
    step = {"uses": "argocd-wait", "config": {"apps": [{"name": wanted}]}}
    assert cleaned("Promotion", spec={"steps": [step], "vars": VARS})["spec"]["vars"] == VARS


def test_conditions_of_others() -> None:
    """What the condition of another step is made of stays: it is evaluated here."""
    step = {
        "uses": "http",
        "if": "${{ vars.on }}",
        "vars": [{"name": "on", "value": "${{ vars.enabled }}"}, {"name": "body", "value": SECRET}],
    }
    found = cleaned("Promotion", spec={"steps": [step], "vars": VARS})["spec"]
    assert [each["value"] for each in found["steps"][0]["vars"]] == ["${{ vars.enabled }}", REDACTED]
    assert [each["value"] for each in found["vars"]] == [REDACTED, REDACTED, "yes", REDACTED]


def test_promotion_of_others() -> None:
    """Where no step is ours every variable goes."""
    found = cleaned("Promotion", spec={"steps": [{**HTTP, "if": "always"}], "vars": VARS})
    assert {variable["value"] for variable in found["spec"]["vars"]} == {REDACTED}


def test_stage() -> None:
    """A Stage's template is as a Promotion, and neither its variables nor its Promotions' output stay."""
    last = {"name": "p", "status": {"phase": "Succeeded", "state": {"step-2": SECRET}, "healthChecks": []}}
    spec = {
        "shard": "s",
        "vars": [{"name": "v", "value": SECRET}],
        "promotionTemplate": {"spec": {"steps": [HTTP, UPDATE], "vars": VARS}},
        "verification": {"args": [{"name": "token", "value": SECRET}]},
    }
    found = cleaned("Stage", spec=spec, status={"lastPromotion": last, "currentPromotion": last})
    assert SECRET not in str(found)
    assert found["spec"]["promotionTemplate"]["spec"]["steps"][1] == UPDATE
    assert found["status"]["lastPromotion"]["status"]["phase"] == "Succeeded"


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.just(SECRET),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["steps", "vars", "config", "value", "uses", "as"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(_json, _json)
def test_fails_closed(steps: Any, state: Any) -> None:
    """Whatever stands where steps, variables, configs and outputs do, none of its values stays, and nothing fails."""
    found = cleaned(
        "Promotion", spec={"steps": [{"uses": "http", "config": steps}], "vars": steps}, status={"state": state}
    )
    assert SECRET not in str((found["spec"]["steps"], found["status"]["state"]))
    for spec in (steps, {"steps": steps, "vars": state}):
        cleaned("Promotion", spec=spec, status=state)
        cleaned("Stage", spec={"promotionTemplate": spec, "vars": steps, "verification": steps}, status=state)


@pytest.mark.parametrize(
    "parts", [{"spec": [SECRET]}, {"status": SECRET}, {"spec": {"steps": SECRET, "vars": {"a": SECRET}}}]
)
@pytest.mark.parametrize("kind", ["Promotion", "Stage"])
def test_of_another_shape(kind: str, parts: Any) -> None:
    """What is not shaped as the CRD has it is redacted as a whole."""
    found = cleaned(kind, **parts)
    assert SECRET not in str(found) or (kind == "Stage" and "steps" in parts.get("spec", ()))
