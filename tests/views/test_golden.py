"""The forgotten step of GENERATION: frames kept in the repository against those made now."""

from __future__ import annotations

import json

from promoter_view.views.definition import GENERATION
from tests.support.views.world import DEFINITIONS
from tests.views.golden_frames import OBJECTS, frames, frames_file

STEP = "what bundles look like has changed: step GENERATION (definition.py), then python -m tests.views.golden_frames"


def test_bundles_look_as_they_did_in_this_generation() -> None:
    """Every byte of every golden bundle is the one that this generation's file has."""
    kept = frames_file(GENERATION)
    assert kept.exists(), f"no frames of generation {GENERATION}: python -m tests.views.golden_frames"
    assert frames() == json.loads(kept.read_text()), STEP


def test_the_golden_objects_fill_every_field() -> None:
    """No field of the view can change its looks without a golden bundle that shows it."""
    fields = {field for frame in json.loads(frames_file(GENERATION).read_text()) for field in json.loads(frame)}
    declared = [part.field for each in DEFINITIONS for part in (*each.members, *each.computed)]
    assert fields >= set(declared)
    assert len(json.loads(OBJECTS.read_text())) > 20
