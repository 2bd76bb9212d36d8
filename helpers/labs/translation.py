"""A translator at work: states fill while it reads, the context vector goes over, a text grows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from helpers.decoding import Translation
from helpers.live.marks import Axis, Bars, Heat, Mark, Names, Panel, Scene, Tokens
from helpers.typed_text import Source, read_source
from helpers.words import Vocabulary, join_chinese

if TYPE_CHECKING:
    from helpers.live import Explorer

LIMIT = 50  # source tokens that are read, target tokens that are written
TOP = 8  # candidates shown for the next token
Translator = Callable[[list[int]], Translation]  # source ids -> translation


def source_tokens(source: Source, vocab: Vocabulary, read: int | None = None) -> Tokens:
    """The words of a source sentence, unknown ones in red; those not yet read are pale."""
    count = len(source.tokens) if read is None else read
    inks = [
        ("ink" if token in vocab else "red") if n < count else "silver"
        for n, token in enumerate(source.tokens)
    ]
    frame = count - 1 if read is not None and 0 < count <= len(inks) else None
    return Tokens([_short(token) for token in source.tokens], inks=inks, frame=frame, size=15)


def written_tokens(tokens: list[str], count: int) -> Tokens:
    """The first `count` tokens of a translation, the newest in red."""
    shown = tokens[:count]
    return Tokens(shown, inks=["ink"] * (count - 1) + ["red"] * bool(shown), size=17)


def candidates(whole: Translation, t: int, vocab: Vocabulary) -> Panel:
    """The likeliest tokens at step t (from 1) as bars, the chosen one in red."""
    names, lengths, colors, title = [" "] * TOP, [0.0] * TOP, ["blue"] * TOP, "next token"
    if t:
        row, chosen = whole.probabilities[t - 1], whole.ids[t - 1]
        order = row.topk(min(TOP, len(row))).indices.tolist()
        names = [vocab.tokens[token] for token in order]
        lengths = [row[token].item() for token in order]
        colors = ["red" if token == chosen else "blue" for token in order]
        title = f"next token: {vocab.tokens[chosen]}, {row[chosen].item():.0%}"
    axis = Axis(label="probability", low=0, high=1)
    return Panel(Bars(range(len(names)), lengths, colors), x=Names(names=names), y=axis,
                 title=title, height=110)  # fmt: skip


def say(whole: Translation, vocab: Vocabulary, name: str = "") -> str:
    """A whole translation in a sentence."""
    told = join_chinese(vocab.decode(whole.ids)) or "(nothing)"
    end = "" if whole.ended else " (it never chose <eos> and was stopped at the limit)"
    return f"{name + ': ' if name else ''}{told}{end}"


class ReaderWriter:
    """One encoder and decoder: first it reads word by word, then it writes token by token.

    translate: source ids -> translation. states: source ids -> the encoder's states (S, H); the
        context vector is the last of them.
    """

    def __init__(
        self,
        translate: Translator,
        states: Callable[[list[int]], Tensor],
        english: Vocabulary,
        chinese: Vocabulary,
    ) -> None:
        self.english, self.chinese = english, chinese
        self.run = lru_cache(16)(lambda ids: (translate([*ids]), states([*ids])))

    def scene(self, text: str, step: int) -> Scene:
        """After `step` steps: reading takes as many as there are words, writing the others."""
        source = read_source(text, self.english, LIMIT)
        if not source.ids:
            return Scene(Panel(source_tokens(source, self.english)), note=source.note)
        whole, states = self.run(tuple(source.ids))
        S, T = len(source.ids), len(whole.ids)
        read, written = min(step, S), min(max(step - S, 0), T)
        shown = states.clone()
        shown[read:] = float("nan")
        unit = Axis(hidden=True)
        reading = Panel(
            Heat(_folded(shown), -1, 1, signed=True, extent=(-0.5, S - 0.5, 0, 1)),
            x=Names(names=[_short(token, 9) for token in source.tokens], marked=[read - 1]),
            y=unit,
            title="The encoder's states h_1 … h_n, a column for each word",
            height=90,
        )
        c = states[-1] if read == S else torch.full_like(states[-1], float("nan"))
        context = Panel(
            Heat(c.reshape(2, -1), -1, 1, signed=True, extent=(0, 1, 0, 1)),
            x=unit,
            y=unit,
            title=f"The context vector c = h_{{{S}}}: all that the decoder gets",
            height=34,
        )
        tokens = self.chinese.decode(whole.ids, keep_special=True)
        writing: list[Mark] = [written_tokens(tokens, written)] if written else []
        title = f"It has read {read} of {S} words"
        if read == S:
            title = f"It has written {written} of {T} tokens"
        note = "\n".join(filter(None, [say(whole, self.chinese) if written else "", source.note]))
        return Scene(
            reading,
            context,
            Panel(
                *writing, Tokens([" "]) if not writing else Tokens([]), title="The decoder writes"
            ),
            candidates(whole, written, self.chinese),
            title=title,
            note=note,
        )


def _folded(states: Tensor) -> Tensor:
    """States (S, H) as columns of at most 32 numbers: means of neighbours, for the eye."""
    S, H = states.shape
    per = max(1, H // 32)
    return states[:, : H // per * per].reshape(S, -1, per).mean(dim=-1).T


class SideBySide:
    """Translators side by side, one token at a time."""

    def __init__(
        self, translators: Mapping[str, Translator], english: Vocabulary, chinese: Vocabulary
    ) -> None:
        self.translators, self.english, self.chinese = translators, english, chinese
        self.run = lru_cache(32)(lambda name, ids: self.translators[name]([*ids]))

    def scene(self, text: str, step: int) -> Scene:
        """Each translation's first `step` tokens, and the candidates for the last of them."""
        source = read_source(text, self.english, LIMIT)
        top = Panel(source_tokens(source, self.english))
        if not source.ids:
            return Scene(top, note=source.note)
        lines, bars, said = [], [], []
        for name in self.translators:
            whole = self.run(name, tuple(source.ids))
            t = min(step, len(whole.ids))
            tokens = self.chinese.decode(whole.ids, keep_special=True)
            lines.append(Panel(written_tokens(tokens, t), title=f"{name}: {t} of {len(tokens)}"))
            bars.append(candidates(whole, t, self.chinese))
            said.append(say(whole, self.chinese, name))
        note = "\n".join(filter(None, [*said, source.note]))
        return Scene(top, tuple(lines), tuple(bars), note=note)


def _short(token: str, most: int = 20) -> str:
    return token if len(token) <= most else token[: most - 1] + "…"


def reader_writer_lab(
    model: Any, english: Vocabulary, chinese: Vocabulary, text: str = ""
) -> Explorer:
    """Lesson 3's translator; `model` has an `encoder(ids)` that gives its states, and a decoder."""
    from helpers.decoding import translate
    from helpers.live import explore, player, typed

    @torch.no_grad()
    def states(ids: list[int]) -> Tensor:
        return model.encoder(torch.tensor([ids]))[0]

    view = ReaderWriter(lambda ids: translate(model, ids), states, english, chinese)
    first = text or "My mother bought two apples yesterday."
    return explore(view.scene, text=typed("English", first), step=player("step", 2 * LIMIT, 14))
