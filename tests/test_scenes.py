"""tools/browser/scenes.py: a live view's first scene as a picture, for a stored notebook."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from helpers.labs.one_number import one_number_scene
from helpers.live import Heat, Panel, Scene, Tokens
from helpers.live.marks import to_data
from tools.browser import scenes
from tools.setup.browsers import find_chromium


@pytest.fixture(scope="module")
def artist() -> Iterator[scenes.Artist]:
    if not find_chromium():
        pytest.skip("no Chromium here (Debian, Ubuntu: apt install chromium)")
    with scenes.Artist() as artist:
        yield artist


def drawn(artist: scenes.Artist, scene: Scene) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(artist.png(to_data(scene)))).convert("RGB"))


def test_a_scene_becomes_a_sharp_picture_on_white(artist: scenes.Artist) -> None:
    picture = drawn(artist, one_number_scene(0.9, 50, "none", 0.5))
    assert picture.shape[1] == 2 * scenes.WIDTH
    assert (picture == 255).all(axis=-1).mean() > 0.6
    blue = (picture == (0, 114, 178)).all(axis=-1)
    assert blue.sum() > 2000


def test_chinese_is_drawn_with_the_courses_font(artist: scenes.Artist) -> None:
    """Two characters differ, from each other and from the box of a missing one."""
    pictures = [drawn(artist, Scene(Panel(Tokens([word], size=30)))) for word in "你敢\U000f0000"]
    assert all(pictures[0].shape == other.shape for other in pictures[1:])
    assert len({picture.tobytes() for picture in pictures}) == 3


def test_the_same_scene_gives_the_same_picture(artist: scenes.Artist) -> None:
    scene = Scene(Panel(Heat([[0, 1], [1, 0]])), title="T")
    assert (drawn(artist, scene) == drawn(artist, scene)).all()


def test_a_scene_is_told_in_words() -> None:
    told = scenes.in_words(to_data(one_number_scene(0.9, 50, "none", 0.5)))
    assert told.startswith("After 49 factors the gradient is ")
    assert told.endswith("lie between 0.90 and 0.90.")


def test_without_a_browser_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "find_chromium", lambda: None)
    with scenes.Artist() as artist, pytest.raises(scenes.NoBrowser, match="apt install chromium"):
        artist.png(to_data(Scene()))
