"""The frames that the views make of golden/objects.json, and a file of them for each generation.

``python -m tests.views.golden_frames`` writes the file of the present generation. It does not overwrite one: what
bundles look like has changed, so step GENERATION first (and delete the file that the stepped one takes the place of).
"""

from __future__ import annotations

import json
import pathlib
import sys

from promoter_view.views.definition import GENERATION
from tests.support.views.oracle import key_of
from tests.support.views.world import DEFINITIONS, World, put

FOLDER = pathlib.Path(__file__).parent / "golden"
OBJECTS = FOLDER / "objects.json"


def frames_file(generation: int) -> pathlib.Path:
    """Where the frames of that generation are kept."""
    return FOLDER / f"generation-{generation}.json"


def frames() -> list[str]:
    """Each bundle as it is served. Its resourceVersion is of generation 0, so that stepping changes no other byte."""
    world = World()
    for document in json.loads(OBJECTS.read_text()):
        world.feed(put(key_of(document), json.dumps(document, separators=(",", ":")).encode()))
    views = [definition.plural for definition in DEFINITIONS]
    return [bundle.encode().decode() for view in views for bundle in world.projector.list(view)]


def write() -> None:
    """Writes the frames of the present generation. Errors: FileExistsError."""
    with frames_file(GENERATION).open("x") as file:
        file.write(json.dumps(frames(), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    try:
        write()
    except FileExistsError as error:
        sys.exit(f"{error.filename} is there: step GENERATION in promoter_view/views/definition.py")
