"""The steps of a Promotion from those of a Stage: references to tasks become the tasks' steps."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.kargo.requests import Cluster, DeniedError, Document

_SEPARATOR = "::"
_PLURALS = {"": "promotiontasks", "PromotionTask": "promotiontasks", "ClusterPromotionTask": "clusterpromotiontasks"}


def inflated(
    steps: Sequence[Document], variables: Sequence[Document], namespace: str, cluster: Cluster
) -> list[Document]:
    """Steps without tasks, each with its alias. ``variables`` are the Promotion's. Errors: DeniedError."""
    found: list[Document] = []
    for place, step in enumerate(steps, 1):
        if "task" not in step:
            found.append({**step, "as": step.get("as") or f"step-{place}"})
            continue
        alias = step.get("as") or f"task-{place}"
        try:
            found += _of_task(step, alias, variables, namespace, cluster)
        except DeniedError as error:
            name = step["task"].get("name", "")
            raise DeniedError(
                f'failed to inflate Promotion steps: inflate task steps for task "{name}" ("{alias}"): {error}'
            ) from error
    return found


def _of_task(
    step: Document, alias: str, variables: Sequence[Document], namespace: str, cluster: Cluster
) -> list[Document]:
    spec = _task(step["task"], namespace, cluster)
    given = _variables(spec.get("vars", ()), variables, step.get("vars", ()))
    found = []
    for place, inner in enumerate(spec.get("steps", ()), 1):
        own = inner.get("as") or f"step-{place}"
        together = [*given, *inner.get("vars", ())]
        found.append({**inner, "as": alias + _SEPARATOR + own, **({"vars": together} if together else {})})
    return found


def _task(reference: Document, namespace: str, cluster: Cluster) -> Document:
    kind, name = reference.get("kind", ""), reference.get("name", "")
    plural = _PLURALS.get(kind)
    if plural is None:
        raise DeniedError(f'unknown task reference kind "{kind}"')
    found = cluster.get(plural, "" if kind == "ClusterPromotionTask" else namespace, name)
    if found is None:
        raise DeniedError(f'{kind or "PromotionTask"}.kargo.akuity.io "{name}" not found')
    spec: Document = found["spec"]
    return spec


def _variables(task: Sequence[Document], promotion: Sequence[Document], step: Sequence[Document]) -> list[Document]:
    """The task's defaults, but for what the Promotion sets, then those of the step that refers to it."""
    set_by_promotion = {each["name"] for each in promotion if each.get("value")}
    set_by_step = {each["name"] for each in step if each.get("value")}
    found = []
    for each in task:
        if each["name"] in set_by_promotion:
            continue
        if each.get("value"):
            found.append(each)
        elif each["name"] not in set_by_step:
            raise DeniedError(f'missing value for variable "{each["name"]}"')
    return [*found, *step]
