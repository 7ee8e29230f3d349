"""Sources of an Application: which update matches which, what revision is wanted of each, what an update changes. Pure.

Repository URLs are compared normalized everywhere, and an update applies to every source that it matches.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from promoter_view.decoded import mapping, mappings, text
from promoter_view.promotions.steps.step import KustomizeImage, SourceUpdate
from promoter_view.stages.application import Application
from promoter_view.urls import public_url

#: By their Unicode categories, what nobody sees: controls, formats (soft hyphens, joiners, directions), separators.
_INVISIBLE = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))
#: git@host:path, as scp and git write it.
_SCP = re.compile(r"(?:([^@/:\s]+)@)?([^/:@\s]+):(?!//)(.+)")
_SCHEMES = ("http://", "https://", "ssh://")


def normalize_url(url: str) -> str:
    """A git repository's URL in the form in which two that mean the same are equal.

    Lower case, without user (http and https), without a trailing ``/`` and then ``.git``; ``git@host:path`` becomes
    ``ssh://git@host/path``. A URL with a query, or that cannot be read, only loses its credentials: of two, one may
    come from the log, which keeps none.
    """
    url = public_url(url)
    clean = _visible(url).strip().lower()
    if clean.startswith(_SCHEMES):
        return _normalize_parts(clean) or url
    scp = _SCP.fullmatch(clean)
    if scp is None or "?" in clean:
        return url
    user = f"{scp[1]}@" if scp[1] else ""
    return f"ssh://{user}{scp[2]}/{_trimmed(scp[3]).lstrip('/')}"


def _normalize_parts(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if "?" in url or not parts.netloc:
        return ""
    host = parts.netloc if parts.scheme == "ssh" else parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, _trimmed(parts.path), "", parts.fragment))


def _visible(text: str) -> str:
    """Without the characters that nobody sees; of spaces the usual one stays."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each for each in text if each == " " or unicodedata.category(each) not in _INVISIBLE)


def _trimmed(path: str) -> str:
    return path.removesuffix("/").removesuffix(".git")


def matches(update: SourceUpdate, source: Mapping[str, Any]) -> bool:
    """Whether that update is for that source: the same repository, and the same chart where either has one."""
    url = text(source, "repoURL")
    same_url = update.repo_url == url or normalize_url(update.repo_url) == normalize_url(url)
    return same_url and update.chart == text(source, "chart")


def desired_revisions(sources: Sequence[Mapping[str, Any]], updates: Sequence[SourceUpdate]) -> tuple[str, ...]:
    """For each source the revision wanted by the first update that matches it; "" for none."""
    return tuple(
        next((update.desired_revision for update in updates if matches(update, source)), "") for source in sources
    )


def inapplicable(application: Application, updates: Sequence[SourceUpdate]) -> str:
    """Words on why the updates cannot be applied, with the first that matches no source; "" where each can."""
    if updates and application.hydration is not None:
        return (
            f"Argo CD Application {application} has spec.sourceHydrator, and no source that an update could change: "
            "leave out sources, and commit to the branch of its drySource"
        )
    for update in updates:
        if not any(matches(update, source) for source in application.sources):
            meant = f"repoURL {update.repo_url}" + (f" and chart {update.chart}" if update.chart else "")
            return f"no source of Argo CD Application {application} matched update with {meant}"
    return ""


def update_sources(sources: Sequence[Mapping[str, Any]], updates: Sequence[SourceUpdate]) -> list[dict[str, Any]]:
    """The sources after the updates. What an update does not name stays, also what nobody here knows of."""
    wanted = desired_revisions(sources, updates)
    updated = []
    for source, revision in zip(sources, wanted, strict=True):
        found = dict(source)
        for update in updates:
            if matches(update, source):
                found = _updated(found, update, revision)
        updated.append(found)
    return updated


def _updated(source: dict[str, Any], update: SourceUpdate, revision: str) -> dict[str, Any]:
    if update.update_target_revision and revision:
        source = {**source, "targetRevision": revision}
    if update.images:
        kustomize = mapping(source, "kustomize")
        images = upsert_images(kustomize.get("images"), update.images)
        source = {**source, "kustomize": {**kustomize, "images": images}}
    if update.parameters:
        helm = mapping(source, "helm")
        parameters = upsert_parameters(helm, update.parameters)
        source = {**source, "helm": {**helm, "parameters": parameters}}
    return source


def upsert_images(images: Any, updates: Iterable[KustomizeImage]) -> list[Any]:
    """kustomize.images with these in the place of those of the same name, new ones after; the others stay."""
    found = list(images) if isinstance(images, list) else []
    for update in updates:
        same = (place for place, image in enumerate(found) if image_name(image) == update.repo_url)
        place = next(same, len(found))
        found[place : place + 1] = [image_text(update)]
    return found


def image_name(image: Any) -> str:
    """The name by which kustomize finds an image: of ``name=new:tag``, ``name:tag`` or ``name@digest``."""
    if not isinstance(image, str):
        return ""
    name, renamed, _ = image.partition("=")
    if renamed:
        return name
    name = image.partition("@")[0]
    path, colon, tag = name.rpartition(":")
    return path if colon and "/" not in tag else name


def image_text(image: KustomizeImage) -> str:
    """An image as kustomize reads it. With neither tag nor digest it ends in a colon: kustomize keeps the tag then."""
    name = f"{image.repo_url}={image.new_name}" if image.new_name else image.repo_url
    return f"{name}@{image.digest}" if image.digest else f"{name}:{image.tag}"


def upsert_parameters(helm: Mapping[str, Any], updates: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """helm.parameters with these values: those that there are keep their place, new ones come in the order given."""
    found = [dict(parameter) for parameter in mappings(helm, "parameters")]
    places = {text(parameter, "name"): place for place, parameter in reversed(list(enumerate(found)))}
    for name, value in updates:
        place = places.setdefault(name, len(found))
        if place == len(found):
            found.append({"name": name})
        found[place]["value"] = value
    return found
