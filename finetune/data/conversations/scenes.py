"""Scenes: short exchanges written as text in ``patterns/*.txt``.

A file holds sections. ``== name weight`` opens a scene; below it stand alternative user lines, then after
``--`` alternative replies, then after another ``--`` the user's next line, and so on in turn. ``-?``
instead of ``--`` opens a continuation that is played only half of the time. Slots are shared within a
scene.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from finetune.data.conversations.talk import Talk
from finetune.data.conversations.words import read_pattern_file

Beat = Callable[[Talk], None]


class Scene(NamedTuple):
    """One exchange: parts alternate between user and assistant; those from `optional` on may be left out."""

    file: str
    name: str
    weight: float
    parts: tuple[tuple[str, ...], ...]
    optional: int


@cache
def load_scenes(file: str) -> tuple[Scene, ...]:
    """All scenes of one pattern file.

    Raises:
        ValueError: a scene does not end with the assistant, or has an empty part.
    """
    scenes: list[Scene] = []
    name, weight, optional = "", 1.0, 99
    parts: list[list[str]] = []

    def close() -> None:
        if name:
            if len(parts) % 2 or not all(parts):
                raise ValueError(f"{file}: scene {name!r} must alternate user and assistant, nothing empty")
            scenes.append(Scene(file, name, weight, tuple(tuple(part) for part in parts), optional))

    for line in read_pattern_file(file):
        if line.startswith("== "):
            close()
            name, _, share = line[3:].partition(" ")
            weight, optional, parts = float(share or 1), 99, [[]]
        elif line in ("--", "-?"):
            if line == "-?":
                optional = min(optional, len(parts))
            parts.append([])
        else:
            parts[-1].append(line)
    close()
    return tuple(scenes)


def play(talk: Talk, scene: Scene, slots: dict[str, str] | None = None) -> None:
    """Play a scene to its end, or to its optional part."""
    slots = {} if slots is None else slots
    talk.about = f"{scene.file} {scene.name}".replace("_", " ")
    for at in range(0, len(scene.parts), 2):
        if at >= scene.optional and talk.chance(0.5):
            break
        talk.pair(scene.parts[at], scene.parts[at + 1], slots, exact=scene.name == "self_harm")


def scene_beat(file: str) -> Beat:
    """A beat that plays one scene of a file, by weight."""

    def beat(talk: Talk) -> None:
        scenes = load_scenes(file)
        play(talk, talk.rng.choices(scenes, weights=[scene.weight for scene in scenes])[0])

    return beat


def named_scene(file: str, name: str) -> Scene:
    """The scene of that name.

    Raises:
        KeyError: the file has no such scene.
    """
    for scene in load_scenes(file):
        if scene.name == name:
            return scene
    raise KeyError(f"{file}: {name}")
