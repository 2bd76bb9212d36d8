"""A translator of real sentences, such as those of manythings.org/anki, trained in ten minutes.

Lesson 8's Transformer, and what a few thousand words and ten minutes ask for beyond the lessons:
pieces of words, dropout, a softened loss, a learning rate that follows the clock, a beam.
`benchmarks/real_sentences.py` measures what each of them buys.
"""

from __future__ import annotations

import html
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers.decoding import SENTENCES_AT_ONCE, beam_search
from helpers.metrics import chrf, repetition
from helpers.taught.transformer import MultiHeadAttention, Transformer
from helpers.words import (
    BOS_ID,
    PAD_ID,
    UNK_ID,
    Pair,
    TranslationBatch,
    Vocabulary,
    join_chinese,
    pad_batch,
    read_pairs,
    tokenize_english,
    translation_batches,
)
from helpers.words.simplified import simplified
from helpers.words.subwords import SubWordVocabulary

BATCH, LEARNING_RATE, DROPOUT, SMOOTHING = 64, 1.5e-3, 0.15, 0.1
LONGEST = 20  # tokens that a sentence may have, in either language
HELD_OUT = 500  # pairs that are not trained on, at most a tenth
TRAINING = 0.94  # share of the time for training; the rest is for reading and the last test
SHOWN = 10  # times that a sentence's translation is shown while the model learns
BAR = "{desc} {percentage:3.0f}% |{bar}| {postfix}"


def split_pairs(
    path: str | Path, longest: int = LONGEST, held_out: int = HELD_OUT
) -> tuple[list[Pair], list[Pair]]:
    """Shuffled pairs of a file of at most `longest` tokens either side: for training and testing.

    Many files hold one Chinese sentence for several English ones (*I'm sad.*, *I am sad.*). What is
    a translation among the test pairs is left out of the training pairs, lest a model knows it by
    heart. Raises ValueError where fewer than 100 pairs are short enough, and what
    `words.read_pairs` raises.
    """
    pairs = read_pairs(path, max_tokens=longest)
    if len(pairs) < 100:
        raise ValueError(
            f"{path} has {len(pairs)} pairs of at most {longest} tokens; training needs 100 or "
            "more: take a larger file"
        )
    random.Random(0).shuffle(pairs)
    cut = min(held_out, len(pairs) // 10)
    test, rest = pairs[:cut], pairs[cut:]
    known = {_bare(pair) for pair in test}
    return [pair for pair in rest if _bare(pair) not in known], test


def _bare(pair: Pair) -> str:
    return pair.chinese.rstrip("。！？.…")


def share_simplified(pairs: Sequence[Pair]) -> float:
    """Share of the pairs whose Chinese has a simplified character."""
    return sum(bool(simplified(pair.chinese)) for pair in pairs) / len(pairs)


class Scale(nn.Module):
    """Multiplies its input by a number."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def forward(self, x: Tensor) -> Tensor:
        return x * self.by


def share_embeddings(model: Transformer) -> None:
    """Let the decoder write with the matrix that it reads with, so that rare words learn faster.

    Press & Wolf (2017); Vaswani et al. (2017), section 3.4. Both embeddings start small and are
    multiplied by √size, so that one step of training moves them further.
    """
    for side in (model.encoder, model.decoder):
        size = side.embedding.embedding_dim
        nn.init.normal_(side.embedding.weight, std=size**-0.5)
        if side is model.decoder:
            model.decoder.output.weight = side.embedding.weight
        side.embedding = nn.Sequential(side.embedding, Scale(size**0.5))  # type: ignore[assignment]


def add_dropout(model: Transformer, share: float) -> None:
    """Dropout behind both embeddings, each attention and each feed-forward network of a model.

    Vaswani et al. (2017), section 5.4. Keeps 1 - share of the numbers while the model trains.
    """
    for side in (model.encoder, model.decoder):
        side.embedding = nn.Sequential(side.embedding, nn.Dropout(share))  # type: ignore[assignment]
        for part in [*side.modules()]:
            if isinstance(part, MultiHeadAttention):
                part.W_O = nn.Sequential(part.W_O, nn.Dropout(share))  # type: ignore[assignment]
        for block in side.blocks:
            block.feed_forward.append(nn.Dropout(share))  # type: ignore[operator, union-attr]


def learning_rate(share: float, highest: float, climb: float = 0.1) -> float:
    """The learning rate when a share of the time has passed: a climb, then a fall to nearly 0."""
    return highest * max(min(share / climb, (1 - share) / (1 - climb)), 0.001)


def softened_loss(model: nn.Module, batch: TranslationBatch, smoothing: float) -> Tensor:
    """Lesson 3's loss with label smoothing: the right token's target is 1 - smoothing instead of 1.

    A model is not driven to be sure of one translation where many are right (Szegedy et al. 2016).
    """
    logits = model(batch.source, batch.source_mask, batch.target[:, :-1])  # (B, T-1, V)
    real = batch.target_mask[:, 1:]
    right = batch.target[:, 1:][real]
    return nn.functional.cross_entropy(logits[real], right, label_smoothing=smoothing)


def train_for(
    seconds: float,
    model: nn.Module,
    batches: Callable[[int], Sequence[TranslationBatch]],
    *,
    lr: float,
    smoothing: float = 0.0,
    watch: Callable[[float, float], None] = lambda share, loss: None,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Train a model for some seconds, whatever machine this is; the epochs it got through.

    The learning rate follows the clock (`learning_rate`), so that it is back near 0 when the time
    is up, whether that was enough for one epoch or for thirty.
    batches: a function from the epoch's number to its batches. watch: is told after each step which
    share of the time has passed, and the loss. An interrupt ends training and keeps the model.
    """
    if not seconds > 0:
        raise ValueError(f"there are {seconds:.1f} seconds for training: allow more minutes")
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.98), fused=True)
    start, epoch, done = clock(), 0, 0.0
    model.train()
    try:
        while True:
            of_epoch = batches(epoch)
            for number, batch in enumerate(of_epoch):
                share = (clock() - start) / seconds
                if share >= 1:
                    return done
                optimizer.param_groups[0]["lr"] = learning_rate(share, lr)
                loss = softened_loss(model, batch, smoothing)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                done = epoch + (number + 1) / len(of_epoch)
                watch(share, loss.item())
            epoch += 1
    except KeyboardInterrupt:
        print(f"Stopped after {done:.1f} epochs. The model keeps what it has learned.")
        return done
    finally:
        model.eval()


class Table:
    """Rows of text under their titles: an HTML table in a notebook, plain lines elsewhere."""

    def __init__(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.titles, self.rows = titles, rows

    def __repr__(self) -> str:
        width = max(map(len, self.titles))
        blocks = [
            "\n".join(f"{t:{width}}  {x}" for t, x in zip(self.titles, row, strict=True))
            for row in self.rows
        ]
        return "\n\n".join(blocks)

    def _repr_html_(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            style = 'style="text-align: left; padding-right: 2em"'
            return "".join(f"<{tag} {style}>{html.escape(cell)}</{tag}>" for cell in cells)

        lines = [line(self.titles, "th"), *(line(row, "td") for row in self.rows)]
        return f"<table>{''.join(f'<tr>{cells}</tr>' for cells in lines)}</table>"


@dataclass
class Translator:
    """A trained model with its two vocabularies: call it with an English sentence."""

    model: Any  # with `start` and `step`, see `decoding.translate`
    english: Vocabulary
    chinese: Vocabulary
    beam: int = 5  # drafts; 1 is greedy
    test: Sequence[Pair] = ()  # held out

    def __call__(self, sentence: str) -> str:
        """The translation of one sentence, "" of an empty one."""
        return self.translate([sentence])[0]

    def translate(self, sentences: Sequence[str]) -> list[str]:
        """The translations of some sentences, in their order."""
        rows = [self.english.encode(tokenize_english(text)) for text in sentences]
        lines = [""] * len(rows)
        order = sorted((n for n, row in enumerate(rows) if row), key=lambda n: len(rows[n]))
        for first in range(0, len(order), SENTENCES_AT_ONCE):
            part = order[first : first + SENTENCES_AT_ONCE]
            source, mask = pad_batch([rows[n] for n in part])
            found = beam_search(
                self.model,
                source,
                mask,
                width=self.beam,
                limit=2 * LONGEST,
                banned=(PAD_ID, BOS_ID, UNK_ID),
            )
            for n, ids in zip(part, found, strict=True):
                lines[n] = join_chinese(self.chinese.decode(ids))
        return lines

    def table(self, count: int = 12) -> Table:
        """The first held-out sentences, as they come, with the model's translation and the file's.

        The file's is one of many that are right.
        """
        pairs = self.test[:count]
        found = self.translate([pair.english for pair in pairs])
        rows = [(p.english, line, p.chinese) for p, line in zip(pairs, found, strict=True)]
        return Table(("English", "the model", "the file"), rows)


def transformer(english: Vocabulary, chinese: Vocabulary, dropout: float = DROPOUT) -> Transformer:
    """Lesson 8's model in the size that fits ten minutes on two cores."""
    model = Transformer(len(english), len(chinese), size=192, heads=4, layers=2)
    share_embeddings(model)
    add_dropout(model, dropout)
    return model


def _watch(bar: tqdm, translator: Translator, follow: str, seconds: float) -> Callable[..., None]:
    """What shows progress: the share of the time, the loss, the time left; `follow` at times."""
    losses: deque[float] = deque(maxlen=100)
    shown = 0

    def watch(share: float, loss: float) -> None:
        nonlocal shown
        losses.append(loss)
        bar.n = min(100, round(100 * share, 1))
        left = max(0, round((1 - share) * seconds))
        bar.set_postfix_str(f"loss {fmean(losses):.2f}, {left // 60}:{left % 60:02} left")
        if share * SHOWN >= shown + 1:
            shown = int(share * SHOWN)
            translator.model.eval()
            bar.write(f"after {share * seconds / 60:4.1f} minutes: {translator(follow)}")
            translator.model.train()

    return watch


def train_on_real_sentences(
    path: str | Path,
    minutes: float = 10,
    *,
    follow: str = "My sister wants to learn Chinese.",
    seed: int = 0,
) -> Translator:
    """A translator from a file of sentence pairs, trained for some minutes on any machine.

    A bar shows the loss and the time that is left, and below it what has become of the sentence
    `follow` by then. An interrupt (the ■ button) keeps what has been learnt so far. Prints what it
    found in the file, and chrF on held-out sentences: on as many as the time allows. Raises what
    `split_pairs` raises, and ValueError where the minutes do not suffice to begin.
    """
    start = time.perf_counter()
    train, test = split_pairs(path)
    print(
        f"{len(train):,} pairs to learn from, {len(test)} held out. "
        f"{share_simplified(train):.0%} of the Chinese sentences have simplified characters; "
        "the model writes what it reads."
    )
    torch.manual_seed(seed)
    english = SubWordVocabulary(word for pair in train for word in pair.source)
    chinese = Vocabulary.from_sentences((pair.target for pair in train), min_count=2)
    translator = Translator(transformer(english, chinese), english, chinese, test=test)
    passed = time.perf_counter() - start
    seconds = TRAINING * 60 * minutes - passed
    with tqdm(total=100, desc="Training", bar_format=BAR) as bar:
        epochs = train_for(
            seconds,
            translator.model,
            lambda epoch: translation_batches(train, english, chinese, BATCH, seed=epoch),
            lr=LEARNING_RATE,
            smoothing=SMOOTHING,
            watch=_watch(bar, translator, follow, seconds),
        )
    found: list[str] = []
    while len(found) < len(test) and (not found or time.perf_counter() < start + 60 * minutes):
        some = test[len(found) : len(found) + SENTENCES_AT_ONCE]
        found += translator.translate([pair.english for pair in some])
    score = chrf(found, [pair.chinese for pair in test[: len(found)]])
    print(
        f"{epochs:.1f} epochs, {(time.perf_counter() - start) / 60:.1f} minutes in all. On "
        f"{len(found)} held-out sentences: chrF {score:.1f}, and {repetition(found):.1%} repeat "
        "themselves."
    )
    return translator
