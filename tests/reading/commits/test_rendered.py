"""What Applications tell of commits that Argo CD's hydrator made."""

from __future__ import annotations

import pytest

from promoter_view.reading.commits.rendered import read_rendered
from tests.support.views.commits import sha
from tests.support.views.stages import application, changed

HYDRATOR = ("spec", "sourceHydrator")


@pytest.mark.parametrize(
    "told", [{}, {"lastSuccessfulOperation": {}}, {"lastSuccessfulOperation": {"drySHA": sha("a")}}, 7]
)
def test_nothing_is_hydrated(told: object) -> None:
    """Or nothing has come of it yet: there is no commit."""
    shown = application("shop", sourceHydrator=told)
    assert read_rendered(shown) is None
    assert read_rendered(changed(shown, *HYDRATOR, to={"drySource": {}})) is None


@pytest.mark.parametrize("revision", ["made", "other"])
def test_a_hydrated_commit(revision: str) -> None:
    """With the dry one that it was made of, and whether it is what is synced."""
    told = {"lastSuccessfulOperation": {"drySHA": sha("dry"), "hydratedSHA": sha("made")}}
    shown = changed(application("shop", revision=sha(revision), sourceHydrator=told), *HYDRATOR, to={"drySource": {}})
    found = read_rendered(shown)
    assert found is not None
    assert (found.commit.sha, found.dry, found.is_live) == (sha("made"), sha("dry"), revision == "made")
