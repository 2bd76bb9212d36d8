"""Scenes for a page without a kernel: the settings that a reader will probably choose, computed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from helpers.live.explorer import LOOK, Explorer, to_data_of_control


def settings_to_record(
    explorer: Explorer,
    grids: Iterable[Sequence[str]] = (),
    texts: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[dict[str, Any]]:
    """The view's first settings, then each control along its values, then what is asked for.

    grids: names of controls whose values are combined with each other. texts: for a typed control,
    sentences; each is combined with all steps of a player.
    """
    controls = {name: c for name, c in explorer.controls.items() if c.kind != "drawn"}
    first = {name: control.value for name, control in controls.items()}
    players = [name for name, control in controls.items() if control.kind == "player"]
    found = [first]
    for names in [*([name] for name in controls), *grids]:
        values = [controls[name].values or [] for name in names]
        found += [
            first | dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*values)
        ]
    for name, sentences in (texts or {}).items():
        for sentence in sentences:
            found.append(first | {name: sentence})
            for player in players:
                steps = controls[player].values or []
                found += [first | {name: sentence, player: step} for step in steps]
    seen: list[dict[str, Any]] = []
    keys = set()
    for settings in found:
        key = tuple(map(repr, settings.values()))
        if key not in keys:
            keys.add(key)
            seen.append(settings)
    yield from seen


def record(explorer: Explorer, **chosen: Any) -> dict[str, Any]:
    """All that `recorded.js` needs to show a view: its controls, the colours, the scenes.

    chosen: `grids` and `texts`, see `settings_to_record`.

    Raises:
        ValueError: a scene cannot be computed.
    """
    scenes = [explorer.compute(settings) for settings in settings_to_record(explorer, **chosen)]
    for answer in scenes:
        if "error" in answer:
            raise ValueError(answer["error"])
    controls = {name: to_data_of_control(control) for name, control in explorer.controls.items()}
    return {"controls": controls, "look": LOOK, "scenes": scenes}
