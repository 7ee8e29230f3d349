"""The pictures of the documentation show the pages as they are: ``make screenshots`` takes them anew."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from hack.screenshots import FOLDER, names, take

#: Of all pixels, how many may differ: fonts are drawn a little otherwise elsewhere, ages may have moved on.
TOLERATED = 0.03
#: Two pixels differ where a channel, of 255, is farther apart than this.
APART = 48
ONE_BYTES, ALL_BYTES = 150_000, 3_000_000
_SHARE = """async ([first, second, apart]) => {
  const pixels = async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  };
  const [a, b] = [await pixels(first), await pixels(second)];
  if (a.width !== b.width || a.height !== b.height) return 1;
  let different = 0;
  for (let at = 0; at < a.data.length; at += 4)
    if ([0, 1, 2].some((channel) => Math.abs(a.data[at + channel] - b.data[at + channel]) > apart)) different += 1;
  return different / (a.width * a.height);
}"""


def test_pictures_are_small() -> None:
    """Each page is there in both schemes, with 150 KB at most, 3 MB in all, and nothing else is in the folder."""
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*.png")}
    assert sorted(sizes) == sorted(names())
    assert {name: size for name, size in sizes.items() if size > ONE_BYTES} == {}
    assert sum(sizes.values()) <= ALL_BYTES


@pytest.fixture(scope="module")
def taken(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pictures, taken now."""
    folder = tmp_path_factory.mktemp("pictures")
    take(folder, browser)
    return folder


@pytest.mark.parametrize("name", names())
def test_pictures_are_current(name: str, taken: Path, browser: Any) -> None:
    """A picture that is taken now differs from the documentation's in few pixels, if in any."""
    files = [b64encode((folder / name).read_bytes()).decode() for folder in (FOLDER, taken)]
    page = browser.new_page()
    assert page.evaluate(_SHARE, [*files, APART]) <= TOLERATED
    page.close()
