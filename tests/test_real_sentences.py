"""The translator of real sentences, on our own: pieces of words, the clock, the beam, the table."""

import itertools
import re

import pytest
import torch

from helpers.decoding import beam_search, decode_batch
from helpers.metrics import repetition
from helpers.real_sentences import (
    Table,
    Translator,
    learning_rate,
    split_pairs,
    train_for,
    train_on_real_sentences,
    transformer,
)
from helpers.taught.attention import AttentionSeq2Seq
from helpers.taught.transformer import Transformer
from helpers.words import UNK_ID, Vocabulary, pad_batch, read_pairs, translation_batches
from helpers.words.subwords import END, SubWordVocabulary

PAIRS = read_pairs(split="train")[:400]


@pytest.fixture
def path(tmp_path):
    """A made-up file in the format of manythings.org/anki."""
    file = tmp_path / "cmn.txt"
    lines = [f"{pair.english}\t{pair.chinese}\tCC\n" for pair in PAIRS]
    file.write_text("".join(lines), encoding="utf-8")
    return file


# Pairs --------------------------------------------------------------------------------------------


def test_no_translation_of_a_test_sentence_is_trained_on(tmp_path):
    file = tmp_path / "cmn.txt"
    lines = [f"I am {n}.\t我是{n // 2}。\n" for n in range(200)]  # each Chinese sentence twice
    file.write_text("".join(lines), encoding="utf-8")
    train, test = split_pairs(file)
    assert len(test) == 20
    assert not {pair.chinese for pair in train} & {pair.chinese for pair in test}
    assert not {pair.english for pair in train} & {pair.english for pair in test}
    assert 160 <= len(train) < 180


def test_a_file_with_few_short_pairs_is_refused(path):
    with pytest.raises(ValueError, match="needs 100 or more"):
        split_pairs(path, longest=2)


# Pieces of words ----------------------------------------------------------------------------------

WORDS = ["low"] * 9 + ["lower"] * 5 + ["newest"] * 6 + ["widest"] * 3  # Sennrich et al.'s example


def test_frequent_words_are_one_piece_and_new_words_are_made_of_pieces():
    vocab = SubWordVocabulary(WORDS)
    assert vocab.cut("low") == ("low" + END,)
    assert vocab.cut("newest") == ("newest" + END,)
    assert vocab.cut("lowest")[-1].endswith("est" + END)
    for word in ("low", "lowest", "widower", "slow"):
        assert "".join(vocab.cut(word)) == word + END


def test_fewer_merges_leave_shorter_pieces():
    assert SubWordVocabulary(WORDS, merges=0).cut("low") == ("l", "o", "w" + END)
    assert SubWordVocabulary(WORDS, merges=1).cut("low") in (("lo", "w" + END), ("l", "ow" + END))


def test_words_are_encoded_as_pieces_and_only_new_letters_are_unknown():
    vocab = SubWordVocabulary(WORDS)
    ids = vocab.encode(["low", "widest"], bos=True, eos=True)
    assert vocab.decode(ids) == ["low" + END, *vocab.cut("widest")]
    assert UNK_ID not in vocab.encode(["lowest", "new", "west"])
    assert UNK_ID in vocab.encode(["quiz"])
    assert vocab.unknown(["low", "lowest", "quiz", "quiz"]) == ["quiz"]


def test_every_piece_that_a_word_is_cut_into_is_in_the_vocabulary():
    words = [word for pair in PAIRS for word in pair.source]
    vocab = SubWordVocabulary(words, merges=200)
    assert all(piece in vocab for word in words for piece in vocab.cut(word))


# Training by the clock ----------------------------------------------------------------------------


def vocabularies():
    english = Vocabulary.from_sentences(pair.source for pair in PAIRS)
    return english, Vocabulary.from_sentences(pair.target for pair in PAIRS)


def train(seconds, watch=lambda share, loss: None):
    """A model trained with a clock that says one second more each time, and its epochs."""
    torch.manual_seed(0)
    english, chinese = vocabularies()
    model = transformer(english, chinese)
    seconds_passed = itertools.count()
    epochs = train_for(
        seconds,
        model,
        lambda epoch: translation_batches(PAIRS, english, chinese, 50, seed=epoch),
        lr=2e-3,
        smoothing=0.1,
        watch=watch,
        clock=lambda: next(seconds_passed),
    )
    return model, epochs


def test_training_ends_when_the_time_is_up_and_the_loss_falls():
    seen = []
    model, epochs = train(30, lambda share, loss: seen.append((share, loss)))
    shares, losses = zip(*seen, strict=True)
    assert len(seen) == 29  # the clock said 1 ... 29 of 30
    assert epochs == pytest.approx(29 / 8)  # 8 batches an epoch
    assert all(0 < share < 1 for share in shares)
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
    assert not model.training


def test_an_interrupt_keeps_the_model(capsys):
    def stop(share, loss):
        if share > 0.1:
            raise KeyboardInterrupt

    model, epochs = train(50, stop)
    assert epochs == pytest.approx(6 / 8)
    assert "keeps what it has learned" in capsys.readouterr().out
    assert not model.training


def test_too_little_time_is_refused():
    with pytest.raises(ValueError, match="allow more minutes"):
        train(0)


def test_the_learning_rate_climbs_then_falls():
    rates = [learning_rate(n / 100, 1.0) for n in range(101)]
    assert max(rates) == rates[10] == 1.0
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[0] < 0.01
    assert 0 < rates[-1] < 0.01


def test_dropout_is_off_when_the_model_translates():
    model, _ = train(4)
    source, mask = pad_batch([[5, 6, 7]])
    assert torch.equal(model(source, mask, source), model(source, mask, source))
    model.train()
    assert not torch.equal(model(source, mask, source), model(source, mask, source))


# The beam -----------------------------------------------------------------------------------------


@pytest.fixture(params=[AttentionSeq2Seq, Transformer])
def model(request):
    """An untrained translator that soon ends its sentences."""
    torch.manual_seed(3)
    found = request.param(30, 40)
    with torch.no_grad():
        found.decoder.output.bias[2] += 1.0  # <eos>
    return found.eval()


SENTENCES = pad_batch([[5, 6, 7, 8], [9, 10], [11, 12, 13]])


def test_a_beam_of_one_is_greedy(model):
    greedy = decode_batch(model.step, model.start(*SENTENCES), 3, limit=12).rows
    assert beam_search(model, *SENTENCES, width=1, limit=12) == greedy


class GardenPath:
    """Token 4 looks best at first, but whatever follows it is unlikely; 5 is surely followed by 6.

    With 7 tokens; 2 is <eos>.
    """

    def start(self, source, mask):
        return (torch.zeros(len(source), 1),)

    def step(self, ids, state):
        after = torch.full((8, 7), 1e-6)
        after[1, [4, 5]] = torch.tensor([0.6, 0.4])  # 1: <bos>
        after[4] = 1 / 7
        after[5, 6] = after[6, 2] = 1.0
        return after[ids].log(), None, state


def test_a_beam_takes_a_token_back_that_greedy_decoding_cannot():
    source, mask = pad_batch([[4], [5]])
    assert beam_search(GardenPath(), source, mask, width=1, limit=3)[0][0] == 4
    assert beam_search(GardenPath(), source, mask, width=2) == [[5, 6], [5, 6]]


def test_a_sentence_gets_the_same_beam_alone_and_in_company(model):
    together = beam_search(model, *SENTENCES, width=4, limit=12)
    for n in range(3):
        length = int(SENTENCES[1][n].sum())
        alone = beam_search(
            model, *(part[n : n + 1, :length] for part in SENTENCES), width=4, limit=12
        )
        assert alone == together[n : n + 1]


def test_banned_tokens_are_never_written(model):
    rows = beam_search(model, *SENTENCES, width=3, limit=12, banned=range(4, 38))
    assert all(token < 4 or token >= 38 for row in rows for token in row)


# All together -------------------------------------------------------------------------------------


def test_repetition_counts_stutters_and_lets_doubled_characters_pass():
    assert repetition(["你這裡這裡", "好好好的"]) == 1
    assert repetition(["看看媽媽", "我知道", "他說他好", ""]) == 0


def test_a_translator_is_trained_from_a_file(path, capsys):
    translator = train_on_real_sentences(path, minutes=0.05, follow="The dog reads a book.")
    told = capsys.readouterr().out
    assert re.search(r"360 pairs to learn from, 40 held out\. 0% of .* simplified", told)
    assert re.search(r"On 40 held-out sentences: chrF \d+\.\d", told)
    assert translator("") == ""
    assert "<unk>" not in translator("A zebra sings.")
    assert len(translator.translate(["I like tea.", "", "I like tea."])) == 3
    table = translator.table(5)
    assert [row[0] for row in table.rows] == [pair.english for pair in translator.test[:5]]
    assert [row[2] for row in table.rows] == [pair.chinese for pair in translator.test[:5]]


def test_translations_keep_the_order_of_their_sentences():
    english, chinese = vocabularies()
    torch.manual_seed(0)
    model = AttentionSeq2Seq(len(english), len(chinese))
    translator = Translator(model.eval(), english, chinese, beam=1)
    sentences = [pair.english for pair in PAIRS[:60]]  # more than are translated at once
    alone = [translator(sentence) for sentence in sentences[:3]]
    assert translator.translate(sentences)[:3] == alone


def test_a_table_reads_as_html_and_as_plain_text():
    table = Table(("English", "Chinese"), [("a < b", "小於")])
    assert "a &lt; b" in table._repr_html_()
    assert repr(table) == "English  a < b\nChinese  小於"
