"""Lesson 3's widget: models translate what is typed, one token at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from matplotlib.axes import Axes

from helpers.decoding import Translation
from helpers.figures import BLUE, INK, RED, Bars, figure, is_wide
from helpers.typed_text import read_source
from helpers.words import Vocabulary, join_chinese

WIDTH, HEIGHT = 9.5, 4.2  # inches
LINES = 4  # of source tokens
# Number of columns -> candidates shown, tokens on a line of a translation, its lines, font size.
SIZES = {1: (7, 44, 2, 13), 2: (6, 21, 3, 13), 3: (5, 15, 4, 11), 4: (4, 12, 5, 10)}
Translator = Callable[[list[int]], Translation]  # source ids -> translation


class TranslateView:
    """Models translate what is typed, side by side, one token at a time; for `widgets.explore`.

    translators: name -> a function from source ids to a `Translation`, such as
        `lambda ids: translate(model, ids)`; one column each, four at most.
    `view.figure` is the picture and `view.update` its function of the controls `text` and `step`;
    the sentence it returns stands under the picture.
    """

    def __init__(
        self,
        translators: dict[str, Translator],
        english: Vocabulary,
        chinese: Vocabulary,
        limit: int = 50,
    ) -> None:
        self.english, self.chinese, self.limit = english, chinese, limit
        self.figure = figure(WIDTH, HEIGHT)
        columns = len(translators)
        if columns not in SIZES:
            raise ValueError(f"found {columns} translators, expected 1 to {max(SIZES)}")
        heights = [1.2, 0.35 * SIZES[columns][2], 2.0]
        grid = self.figure.add_gridspec(3, columns, height_ratios=heights)
        words = self.figure.add_subplot(grid[0, :])
        words.axis("off")
        words.set(xlim=(0, 72 * WIDTH - 40), ylim=(LINES - 0.5, -0.5))  # points, lines
        self.title = words.set_title("")
        self.words = [words.text(0, 0, "", va="center", parse_math=False) for _ in range(limit)]
        self._columns = [
            _Column(
                self.figure.add_subplot(grid[1, place]),
                self.figure.add_subplot(grid[2, place]),
                name if columns > 1 else "",
                translator,
                chinese,
                *SIZES[columns],
            )
            for place, (name, translator) in enumerate(translators.items())
        ]

    def update(self, text: str, step: int) -> str:
        """Show what was read and the first `step` tokens of each translation."""
        source = read_source(text, self.english, self.limit)
        known = [token in self.english for token in source.tokens]
        self._show_words(source.tokens, known)
        said = [column.show(tuple(source.ids), step) for column in self._columns]
        return "\n".join(filter(None, [*(said if source.ids else []), source.note]))

    def _show_words(self, tokens: Sequence[str], known: Sequence[bool]) -> None:
        """Source tokens as running text, what the vocabulary lacks in red."""
        count = len(tokens)
        self.title.set_text(
            f"The encoder reads {count} token{'s' if count != 1 else ''}"
            + (" (red: unknown)" if not all(known) else "")
        )
        places = flow([7.4 * _width(_shorten(token)) for token in tokens], 72 * WIDTH - 50)
        for at, label in enumerate(self.words):
            shown = at < count and places[at][1] < LINES
            label.set_visible(shown)
            if shown:
                color = INK if known[at] else RED
                label.set(text=_shorten(tokens[at]), position=places[at], color=color)


class _Column:
    """One model's column: the translation so far, and the candidates for its next token."""

    def __init__(
        self,
        line: Axes,
        bars: Axes,
        name: str,
        translator: Translator,
        chinese: Vocabulary,
        top: int,
        per_line: int,
        lines: int,
        size: int,
    ) -> None:
        self.name, self.chinese = name, chinese
        self.top, self.per_line, self.size = top, per_line, size
        self.translator = lru_cache(8)(lambda ids: translator(list(ids)))
        line.axis("off")
        line.set(xlim=(-0.5, per_line + 0.5), ylim=(lines - 0.4, -0.6))
        self.title = line.set_title("")
        self.tokens = [
            line.text(at % per_line, at // per_line, "", ha="center", va="center", parse_math=False)
            for at in range(lines * per_line)
        ]
        bars.set(xlim=(-0.6, top - 0.4), ylim=(0, 1), xticks=[], yticks=[0, 0.5, 1])
        bars.set_ylabel("probability" if per_line > 15 else "")
        bars.grid(axis="y")
        bars.set_axisbelow(True)
        self.bars = Bars(bars, range(top))
        self.labels = [
            bars.text(at, -0.06, "", ha="center", va="top", parse_math=False) for at in range(top)
        ]
        self.chance = bars.text(top - 0.5, 0.97, "", ha="right", va="top", parse_math=False)

    def show(self, ids: tuple[int, ...], step: int) -> str:
        """Draw `step` tokens; return the whole translation in a sentence."""
        whole = self.translator(ids)
        count = len(whole.ids)
        t = min(step, count)
        tokens = self.chinese.decode(whole.ids, keep_special=True)
        head = f"The decoder has written {t} of {count} tokens" if count else "Nothing to translate"
        self.title.set_text(f"{self.name}: {t} of {count}" if self.name else head)
        for at, label in enumerate(self.tokens):
            label.set_visible(at < t)
            if at < t:
                wide = is_wide(tokens[at])
                label.set(text=tokens[at], fontsize=7 if wide else self.size)
                label.set_x(at % self.per_line + (0.4 if wide else 0))
                label.set_color(RED if at == t - 1 else INK)
        self._candidates(whole, t)
        if not count:
            return ""
        end = "" if whole.ended else " (it never chose <eos> and was stopped at the limit)"
        told = join_chinese(self.chinese.decode(whole.ids))
        return f"{self.name + ': ' if self.name else ''}{told or '(nothing)'}{end}"

    def _candidates(self, whole: Translation, t: int) -> None:
        """The likeliest tokens at step t as bars, the chosen one in red."""
        order: list[int] = []
        if t:
            row = whole.probabilities[t - 1]
            order = row.topk(min(self.top, len(row))).indices.tolist()
        self.bars.set_lengths([whole.probabilities[t - 1, id].item() for id in order])
        chosen = whole.ids[t - 1] if t else -1
        self.bars.set_facecolor([RED if id == chosen else BLUE for id in order] or BLUE)
        for at, label in enumerate(self.labels):
            token = self.chinese.tokens[order[at]] if at < len(order) else ""
            label.set(text=token, fontsize=8 if is_wide(token) else self.size)
        chance = whole.probabilities[t - 1, whole.ids[t - 1]].item() if t else 0.0
        said = f"{chance:.0%}" if chance >= 0.01 else "under 1%"
        token = self.chinese.tokens[whole.ids[t - 1]] if t else ""
        self.chance.set_text(f"{token} {said}" if t else "")


def flow(widths: Sequence[float], room: float, gap: float = 7.0) -> list[tuple[float, int]]:
    """Where words of these widths stand when they run on in lines: (x, line), x from the left."""
    places, x, line = [], 0.0, 0
    for width in widths:
        if x and x + width > room:
            x, line = 0.0, line + 1
        places.append((x, line))
        x += width + gap
    return places


def _shorten(token: str) -> str:
    return token if len(token) <= 20 else token[:19] + "…"


def _width(token: str) -> float:
    """About how wide a token is, in letters."""
    wide = {character: 0.5 for character in "iljtfr.,'!"} | {character: 1.45 for character in "mw"}
    return sum(1.7 if character > "\u2e7f" else wide.get(character, 0.95) for character in token)
