"""What names and functions mean in a Promotion."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.promotions.engine import CannotEvaluate
from promoter_view.promotions.expressions.parser import ExpressionParser
from promoter_view.promotions.expressions.promotion import PromotionExpressions
from promoter_view.promotions.state.execution import Execution, PlannedStep, StepRecord
from promoter_view.promotions.values import Promotion, Stage, read_promotion, read_stage

PARSER = ExpressionParser()
GIT = "https://github.com/example/repo.git"
CHARTS = "https://charts.example.com"

WAREHOUSES: dict[str, dict[str, Any]] = {
    "code": {
        "spec": {"subscriptions": [{"git": {"repoURL": GIT, "name": "source"}}, {"image": {"repoURL": "r.io/app"}}]}
    },
    "charts": {
        "spec": {
            "subscriptions": [
                {"chart": {"repoURL": CHARTS, "name": "db"}},
                {"image": {"repoURL": "r.io/app"}},
                {"jar": {"name": "jars"}},
            ]
        }
    },
    "odd": {"spec": {"subscriptions": [7, {"git": []}]}},
}
OBJECTS: dict[str, dict[str, Any]] = {
    "Warehouse": WAREHOUSES,
    "Freight": {
        "f1": {"status": {"metadata": {"approvals": 2, "ticket": "T-1"}, "verifiedIn": {"dev": {}}}},
        "f2": {"metadata": {"name": "f2"}},
    },
    "Stage": {"test": {"status": {"metadata": {"region": "eu-1"}}}},
}
NOW = 1_700_000_000.5
COMMIT = {"repoURL": GIT, "id": "1234567890", "branch": "main", "message": "m", "subscriptionName": "source"}
FREIGHT = {
    "Warehouse/code": {
        "name": "f1",
        "origin": {"kind": "Warehouse", "name": "code"},
        "commits": [COMMIT],
        "images": [{"repoURL": "r.io/app", "tag": "v1", "digest": "sha256:0", "name": "app"}],
    },
    "Warehouse/charts": {
        "name": "f2",
        "origin": {"kind": "Warehouse", "name": "charts"},
        "charts": [{"repoURL": CHARTS, "name": "db", "version": "1.10"}],
        "images": [{"repoURL": "r.io/app", "tag": "v2"}],
        "artifacts": [
            {"artifactType": "jar", "subscriptionName": "jars", "version": "1.2", "metadata": {"size": 20}},
        ],
    },
}


def stage(*origins: str) -> Stage:
    requested = [{"origin": {"kind": "Warehouse", "name": name}} for name in origins]
    return read_stage({"spec": {"requestedFreight": requested}})


def promotion(*variables: tuple[str, str]) -> Promotion:
    document = {
        "metadata": {
            "namespace": "kargo-demo",
            "name": "test.01",
            "annotations": {
                "kargo.akuity.io/create-actor": "email:dev@example.com",
                "kargo.akuity.io/rollback": "true",
            },
        },
        "spec": {
            "stage": "test",
            "freight": "f1",
            "vars": [{"name": name, "value": value} for name, value in variables],
        },
        "status": {
            "freight": FREIGHT["Warehouse/code"],
            "freightCollection": {"id": "x", "items": FREIGHT},
        },
    }
    return read_promotion(document)


def expressions(*variables: tuple[str, str], origins: tuple[str, ...] = ("code", "charts")) -> PromotionExpressions:
    return PromotionExpressions(
        PARSER,
        stage=stage(*origins),
        promotion=promotion(*variables),
        alias="wise-owl",
        objects=lambda kind, name: OBJECTS.get(kind, {}).get(name),
        ui_url="https://kargo.example.com",
        now=NOW,
    )


def step(config: Any = None, condition: str = "", *variables: tuple[str, str]) -> PlannedStep:
    found = [{"name": name, "value": value} for name, value in variables]
    return PlannedStep("deploy", "argocd-update", condition=condition, config=config, variables=found)


RUN = Execution(
    records=(
        StepRecord("first", "Succeeded"),
        StepRecord("second", "Failed", continue_on_error=True),
        StepRecord("deploy", "Running"),
    ),
    state={"first": {"commit": "abc", "apps": [{"name": "a"}]}},
)
FAULTY = Execution(records=(StepRecord("first", "Errored"), StepRecord("deploy", "")))

VALUES: dict[str, Any] = {
    "${{ ctx.project }}/${{ ctx.stage }}/${{ ctx.promotion }}": "kargo-demo/test/test.01",
    "${{ ctx.uiBaseUrl }}/project/${{ ctx.project }}": "https://kargo.example.com/project/kargo-demo",
    "${{ ctx.targetFreight.name }} ${{ ctx.targetFreight.alias }}": "f1 wise-owl",
    "${{ ctx.targetFreight.origin.name }}": "code",
    "${{ ctx.meta.promotion.actor }} ${{ ctx.meta.step.alias }}": "email:dev@example.com deploy",
    "${{ ctx.meta.promotion.rollback }} ${{ !ctx.meta.promotion.rollback }}": "true false",
    "${{ outputs.first.commit }}": "abc",
    "${{ outputs['first'].apps[0].name }}": "a",
    "${{ outputs.later?.commit ?? 'none' }}": "none",
    f"${{{{ commitFrom('{GIT}').ID[:7] }}}}": 1234567,
    f"${{{{ quote(commitFrom('{GIT}').ID) }}}}": "1234567890",
    "${{ commitFrom('https://GitHub.com/example/repo').Branch }}": "main",
    f"${{{{ commitFrom('{GIT}').Tag }}}}": "",
    f"${{{{ commitFrom('{GIT}', warehouse('code')).Message }}}}": "m",
    f"${{{{ commitFrom('{GIT}', ctx.targetFreight.origin).Message }}}}": "m",
    f"${{{{ commitFrom('{GIT}') }}}}": COMMIT,
    "${{ commitFrom('https://other') }}": None,
    f"${{{{ commitFrom('{GIT}', warehouse('charts')) }}}}": None,
    "${{ imageFrom('r.io/app', warehouse('code')).Digest }}": "sha256:0",
    "${{ imageFrom('r.io/app', warehouse('charts')).Tag }}": "v2",
    f"${{{{ chartFrom('{CHARTS}', 'db').Version }}}}": 1.1,
    f"${{{{ quote(chartFrom('{CHARTS}', 'db', warehouse('charts')).Version) }}}}": "1.10",
    f"${{{{ chartFrom('{CHARTS}') }}}}": None,
    f"${{{{ chartFrom('{CHARTS}', warehouse('charts')) }}}}": None,
    f"${{{{ chartFrom('{CHARTS}/', 'db') }}}}": None,
    "${{ status('second') }}": "Failed",
    "${{ status('later') }}": "",
    "${{ status('later') == '' }}": True,
    "${{ stepMetas.second.Status }} ${{ stepMetas['second'].ContinueOnError }}": "Failed true",
    "${{ stepMetas.first.ErrorCount }}": 0,
    "${{ stepMetas.later?.Status ?? 'not begun' }}": "not begun",
    "${{ task }}": None,
    "${{ task?.outputs.first ?? 'none' }}": "none",
    "${{ freightMetadata('f1').approvals + 1 }}": 3,
    "${{ freightMetadata(ctx.targetFreight.name)['ticket'] }}": "T-1",
    "${{ freightMetadata('f2') }}": None,
    "${{ freightMetadata('gone')?.ticket ?? 'no' }}": "no",
    "${{ keys(freightStatus('f1').verifiedIn) }}": ["dev"],
    "${{ freightStatus('f2') }}": {},
    "${{ freightStatus('gone') }}": None,
    "${{ stageMetadata(ctx.stage).region }}": "eu-1",
    "${{ stageMetadata('gone') }}": None,
    "${{ artifactFrom('jars').Version }}": 1.2,
    "${{ artifactFrom('jars').Metadata.size / 2 }}": 10,
    "${{ artifactFrom('jars', warehouse('charts')).ArtifactType }}": "jar",
    "${{ artifactFrom('jars').SubscriptionName }}": "jars",
    "${{ artifactFrom('other') }}": None,
    "${{ artifactFrom('source') }}": None,
    f"${{{{ commitFrom('{GIT}').SubscriptionName }}}}": "source",
    "${{ imageFrom('r.io/app', warehouse('code')).SubscriptionName }}": "app",
    f"${{{{ chartFrom('{CHARTS}', 'db').SubscriptionName }}}}": "",
    "${{ now().Format('2006-01-02 15:04:05') }}": "2023-11-14 22:13:20",
    "${{ now(timezone('Europe/Zurich')).Hour() }}": 23,
    "${{ date('2023-11-15') - now() < duration('2h') }}": True,
    "${{ always() and success() and not failure() }}": True,
    "${{ unknown }}": None,
}

ERRORS: dict[str, str] = {
    "${{ commitFrom('https://other').ID }}": "config: cannot take ID of nil",
    f"${{{{ commitFrom('{GIT}').Id }}}}": "a commit has no Id; it has RepoURL, ID, Branch",
    "${{ imageFrom('r.io/app').Tag }}": "several Warehouses could be meant (code, charts): name one",
    f"${{{{ commitFrom('{GIT}', 'code') }}}}": "an origin is needed, as warehouse(...) gives one, not a string",
    "${{ commitFrom(1) }}": "commitFrom: a string is needed, not an int",
    "${{ ctx.uiBaseURL }}": "ctx has no uiBaseURL; it has project, stage",
    "${{ stepMetas.first.status }}": "a step's metadata has no status; it has Alias, Status",
    "${{ secret('x').password }}": "secret() is not done here: Secrets are not read",
    "${{ configMap('x').key }}": "configMap() is not done here: ConfigMaps are not read",
    "${{ comitFrom('x') }}": "no function is called comitFrom; the nearest: commitFrom",
    "${{ freightMetadata('') }}": "freightMetadata: the name of a Freight must not be empty",
    "${{ stageMetadata(1) }}": "stageMetadata: a string is needed, not an int",
    "${{ warehouse('') }}": "warehouse: the name of a Warehouse must not be empty",
    "${{ status('') }}": "status: an alias must not be empty",
    "${{ now(1) }}": "now: a time zone is needed",
    "${{ outputs.later.commit }}": "cannot take commit of nil",
}


@pytest.mark.parametrize(("text", "expected"), VALUES.items(), ids=VALUES.keys())
def test_value(text: str, expected: Any) -> None:
    """Each name and function has the value that the Promotion, its Freight and its steps give it."""
    assert expressions().configure(step(text), RUN) == expected


@pytest.mark.parametrize(("text", "words"), ERRORS.items(), ids=ERRORS.keys())
def test_error(text: str, words: str) -> None:
    """What is not there is an error, never another value."""
    with pytest.raises(CannotEvaluate) as caught:
        expressions().configure(step(text), RUN)
    assert words in str(caught.value)


def test_config() -> None:
    """A config is evaluated whole; one without expressions, or none at all, stays as it is."""
    config = {"apps": [{"name": "my-app", "sources": [{"repoURL": GIT, "desiredRevision": "${{ vars.rev }}"}]}]}
    found = expressions(("rev", "${{ quote(commitFrom(vars.repo).ID) }}")).configure
    with pytest.raises(CannotEvaluate, match="variable rev: commitFrom: a string is needed, not nil"):
        found(step(config), RUN)
    variables = (("repo", GIT), ("rev", "${{ commitFrom(vars.repo).ID + '!' }}"))
    assert (
        expressions(*variables).configure(step(config), RUN)["apps"][0]["sources"][0]["desiredRevision"]
        == "1234567890!"
    )
    assert expressions().configure(step(None), RUN) is None


def test_variables() -> None:
    """Variables are evaluated in order, the step's after the Promotion's and over them, and coerced."""
    found = expressions(("a", "1"), ("b", "${{ vars.a + '2' }}"), ("c", "x"))
    config = ["${{ vars.a }}", "${{ vars.b }}", "${{ vars.c }}"]
    assert found.configure(step(config), RUN) == [1, 12, "x"]
    later = step(config, "", ("c", "${{ vars.b + 1 }}"), ("a", "${{ outputs.first.commit }}"))
    assert found.configure(later, RUN) == ["abc", 12, 13]


@pytest.mark.parametrize("name", ["success", "failure", "always"])
def test_variables_know_no_steps(name: str) -> None:
    """Functions about steps are for conditions and configs only; outputs are for all of a step."""
    with pytest.raises(CannotEvaluate, match=f"variable a: no function is called {name}"):
        expressions(("a", f"${{{{ {name}() }}}}")).configure(step("x"), RUN)
    assert expressions(("a", "${{ outputs }}")).configure(step("${{ vars.a }}"), RUN) is None


@pytest.mark.parametrize(
    ("condition", "execution", "expected"),
    [
        ("${{ always() }}", FAULTY, True),
        ("${{ success() }}", RUN, True),
        ("${{ success() }}", FAULTY, False),
        ("${{ failure() }}", RUN, False),
        ("${{ failure() }}", FAULTY, True),
        ("${{ status('first') == 'Errored' }}", FAULTY, True),
        ("${{ vars.on }}", RUN, True),
        ("${{ outputs.first.commit == 'abc' && !failure() }}", RUN, True),
    ],
)
def test_condition(condition: str, execution: Execution, expected: bool) -> None:
    """A condition holds as the earlier steps, the variables and the outputs have it; its own record does not count."""
    assert expressions(("on", "true")).holds(step(None, condition), execution) is expected


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("true", "it must evaluate to a boolean, got a string"),
        ("${{ 1 }}", "it must evaluate to a boolean, got an int"),
        ("${{ none }}", "it must evaluate to a boolean, got nil"),
        ("${{ success( }}", "cannot read the expression success("),
        ("${{ vars.x.y }}", "cannot take y of nil"),
    ],
)
def test_condition_that_is_none(condition: str, words: str) -> None:
    """A condition that is no bool, or has no value, is an error."""
    with pytest.raises(CannotEvaluate) as caught:
        expressions().holds(step(None, condition), RUN)
    assert words in str(caught.value)


def test_a_warehouse_that_is_not_there() -> None:
    """An origin whose Warehouse is not there is an error; one with odd subscriptions subscribes to nothing."""
    with pytest.raises(CannotEvaluate, match="Warehouse gone is not found"):
        expressions(origins=("gone",)).configure(step(f"${{{{ commitFrom('{GIT}') }}}}"), RUN)
    assert expressions(origins=("odd",)).configure(step(f"${{{{ commitFrom('{GIT}') }}}}"), RUN) is None
    assert expressions(origins=("code", "code")).configure(step("${{ imageFrom('r.io/app').Tag }}"), RUN) == "v1"


INFLATED = Execution(
    records=(
        StepRecord("deploy", "Succeeded"),
        StepRecord("roll::update", "Failed"),
        StepRecord("other::update", "Succeeded"),
    ),
    state={
        "deploy": {"of": "none"},
        "roll::update": {"n": 1},
        "roll::wait": {"n": 2},
        "other::update": {"n": 3},
        "a::b::c": {"n": 4},
    },
)

IN_A_TASK: dict[str, Any] = {
    "${{ task.outputs.update.n }} ${{ task.outputs['wait'].n }}": "1 2",
    "${{ keys(task.outputs) }}": ["update", "wait"],
    "${{ task.outputs.deploy }}": None,
    "${{ outputs.deploy.of }} ${{ outputs['other::update'].n }}": "none 3",
    "${{ status('update') }}": "Failed",
    "${{ status('wait') }}": "",
    "${{ status('deploy') }}": "",
    "${{ status('other::update') }}": "Succeeded",
    "${{ vars.seen }}": 1,
}


@pytest.mark.parametrize(("text", "expected"), IN_A_TASK.items(), ids=IN_A_TASK.keys())
def test_inside_a_task(text: str, expected: Any) -> None:
    """A step that came of a task knows the others of that task by their own aliases: in its config, if and vars."""
    variables = [{"name": "seen", "value": "${{ task.outputs.update.n }}"}]
    planned = PlannedStep("roll::report", "argocd-update", config=text, variables=variables)
    assert expressions().configure(planned, INFLATED) == expected


@pytest.mark.parametrize(
    ("alias", "condition", "expected"),
    [
        ("roll::report", "${{ status('update') == 'Failed' }}", True),
        ("roll::report", "${{ task.outputs.update.n == 1 && vars.seen == 1 }}", True),
        ("other::report", "${{ status('update') == 'Failed' }}", False),
        ("report", "${{ status('update') == '' && task == nil }}", True),
        ("report", "${{ status('deploy') == 'Succeeded' }}", True),
        ("report", "${{ status('roll::update') == 'Failed' }}", True),
        ("a::b::c", "${{ task == nil }}", True),
    ],
)
def test_a_condition_inside_a_task(alias: str, condition: str, expected: bool) -> None:
    """An alias means the step of the same task, and outside of tasks one that is in none."""
    variables = [{"name": "seen", "value": "${{ task?.outputs?.update?.n ?? 0 }}"}]
    planned = PlannedStep(alias, "argocd-update", condition=condition, variables=variables)
    assert expressions().holds(planned, INFLATED) is expected
