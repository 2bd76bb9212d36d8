"""Reading pairs, tokens, vocabularies, batches and the recall task."""

from pathlib import Path

import pytest
import torch

from helpers.words import (
    BOS_ID,
    EOS_ID,
    PAD_ID,
    SPECIALS,
    UNK_ID,
    Pair,
    Vocabulary,
    join_chinese,
    join_english,
    pad_batch,
    read_pairs,
    recall_batch,
    recall_vocab_size,
    sequence_batches,
    tokenize_chinese,
    tokenize_english,
    translation_batches,
)

TATOEBA = Path(__file__).resolve().parents[1] / "notebooks" / "cmn.txt"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("HOW DARE YOU!", ["how", "dare", "you", "!"]),
        ("Don’t go, it's 3.5 km.", ["don't", "go", ",", "it's", "3.5", "km", "."]),
        ("twenty-one  cafés?!", ["twenty-one", "cafés", "?", "!"]),
        ("cafe\u0301", ["café"]),
        ("At 7:30 he paid $10,000.", ["at", "7:30", "he", "paid", "$", "10,000", "."]),
        ("", []),
    ],
)
def test_english_tokens(text, tokens):
    assert tokenize_english(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("你怎麼敢！", ["你", "怎", "麼", "敢", "！"]),
        ("我有 3 隻cat，OK？", ["我", "有", "3", "隻", "cat", "，", "OK", "？"]),
        ("好👍🏽👨‍👩‍👧！🇹🇼", ["好", "👍🏽", "👨‍👩‍👧", "！", "🇹🇼"]),
        ("ＡＢ　全形", ["AB", "全", "形"]),
        ("𠮷野家", ["𠮷", "野", "家"]),
        (" \n", []),
    ],
)
def test_chinese_tokens(text, tokens):
    assert tokenize_chinese(text) == tokens


def test_joining_tokens():
    assert join_english(["how", "dare", "you", "!"]) == "how dare you!"
    assert join_english(["no", ",", "i", "don't", "."]) == "no, i don't."
    assert join_chinese(["我", "有", "3", "隻", "cat", "，", "very", "OK"]) == "我有3隻cat，very OK"


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_shipped_file_reads_from_any_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert {pair.split for pair in read_pairs()} == {"train", "valid", "test", "long"}
    assert {pair.split for pair in read_pairs(split="valid")} == {"valid"}
    short = read_pairs(max_tokens=8)
    assert short
    assert all(max(len(pair.source), len(pair.target)) <= 8 for pair in short)


def test_anki_file_with_bom_attribution_blank_lines_and_duplicates(tmp_path):
    text = "\ufeffHi.\t嗨。\tCC-BY #1\r\n\r\nHi.\t你好。\tCC-BY #2\r\nRun!\t跑！\r\n"
    path = write(tmp_path / "anki.txt", text)
    assert read_pairs(path) == [Pair("Hi.", "嗨。"), Pair("Run!", "跑！")]
    both = read_pairs(str(path), keep_duplicates=True)
    assert [pair.chinese for pair in both] == ["嗨。", "你好。", "跑！"]


HEADER = "english\tchinese\talignment\tsplit\tclauses\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hi.\t嗨。\nbroken\n", r"line 2: found 1 column.*broken.*expected English"),
        ("Hi.\t \n", "line 1: found an empty sentence"),
        (HEADER + "Hi.\t嗨。\t0-0\ttrain\n", r"line 2: found 4 column.*expected english"),
        (HEADER + "Hi.\t嗨。\t0:0\ttrain\t1\n", "line 2: found the link '0:0', expected i-j"),
        (HEADER + "Hi.\t嗨。\t0-2\ttrain\t1\n", "line 2: found the link '0-2'.*below 2 Chinese"),
        (HEADER + "Hi.\t嗨。\t0-0\ttrain\tone\n", "line 2: found 'one' clauses"),
    ],
)
def test_malformed_lines_are_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=f"pairs.tsv, {message}"):
        read_pairs(write(tmp_path / "pairs.tsv", text))


def test_other_errors_name_the_remedy(tmp_path, monkeypatch):
    path = write(tmp_path / "big5.txt", "Hi.\t嗨。\nRun!\t跑！\n", "big5")
    with pytest.raises(ValueError, match=r"line 1: not UTF-8.*save the file again"):
        read_pairs(path)
    with pytest.raises(FileNotFoundError, match=r"missing\.tsv"):
        read_pairs(tmp_path / "missing.tsv")
    monkeypatch.setattr("helpers.words.pairs.TRANSLATION_TSV", tmp_path / "translation.tsv")
    with pytest.raises(FileNotFoundError, match=r"python -m helpers\.corpus"):
        read_pairs()
    path = write(tmp_path / "anki.txt", "Hi.\t嗨。\n")
    with pytest.raises(ValueError, match="no pair of the split 'train'; its splits: none"):
        read_pairs(path, split="train")


@pytest.mark.skipif(not TATOEBA.is_file(), reason="no file notebooks/cmn.txt, see lesson 6")
def test_tatoeba_file():
    pairs = read_pairs(TATOEBA)
    assert len(pairs) > 20_000
    assert pairs[0] == Pair("Hi.", "嗨。")
    assert len(read_pairs(TATOEBA, keep_duplicates=True)) > 29_000
    assert all(pair.source and pair.target for pair in pairs)


def test_vocabulary_is_ordered_by_frequency_then_code_point():
    vocab = Vocabulary.from_sentences([["b", "a", "c"], ["c", "a"], ["c", "d"]])
    assert vocab.tokens == [*SPECIALS, "c", "a", "b", "d"]
    assert len(Vocabulary.from_sentences([["b", "a", "a"]], min_count=2)) == 5
    assert Vocabulary(["x", "<pad>", "x"]).tokens == [*SPECIALS, "x"]
    assert "a" in vocab
    assert "z" not in vocab
    assert repr(vocab).startswith("Vocabulary(8 tokens")


def test_vocabulary_round_trip_and_unknown_words():
    vocab = Vocabulary(["how", "dare", "you", "!"])
    ids = vocab.encode(["how", "dare", "zoo", "!"], bos=True, eos=True)
    assert ids == [BOS_ID, 4, 5, UNK_ID, 7, EOS_ID]
    assert vocab.decode([*ids, PAD_ID]) == ["how", "dare", "<unk>", "!"]
    assert vocab.decode(torch.tensor([BOS_ID, 4, EOS_ID]), keep_special=True)[0] == "<bos>"
    assert vocab.decode([4, EOS_ID, 5]) == ["how", "dare"]
    assert vocab.unknown(["zoo", "you", "zoo", "ape"]) == ["zoo", "ape"]
    assert vocab.suggest("yuo") == ["you"]


def test_vocabulary_errors():
    vocab = Vocabulary(["a"])
    with pytest.raises(TypeError, match="cut it with tokenize_english"):
        vocab.encode("how dare you")
    with pytest.raises(TypeError, match="list of tokens"):
        Vocabulary("abc")
    for number in (5, -1):
        with pytest.raises(IndexError, match=f"id {number}: this vocabulary's ids are 0 to 4"):
            vocab.decode([number])


def test_pad_batch():
    ids, mask = pad_batch([[5, 6, 7], [8], []])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0], [0, 0, 0]]
    assert mask.tolist() == [[True] * 3, [True, False, False], [False] * 3]
    assert (ids.dtype, mask.dtype) == (torch.int64, torch.bool)
    assert pad_batch([[1], [1, 2]], pad=9)[0][0].tolist() == [1, 9]
    for empty in ([], [[], []]):
        with pytest.raises(ValueError, match="at least one sequence"):
            pad_batch(empty)


def test_sequence_batches_hold_each_sequence_once_and_pad_little():
    sequences = [[n + 4] * (n % 10 + 1) for n in range(95)]
    batches = sequence_batches(sequences, 16, seed=3)
    rows = [
        row[keep].tolist() for ids, mask in batches for row, keep in zip(ids, mask, strict=True)
    ]
    assert sorted(rows) == sorted(sequences)
    assert max(len(ids) for ids, _ in batches) == 16
    assert sum((~mask).sum().item() for _, mask in batches) < 95
    again = sequence_batches(sequences, 16, seed=3)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(batches, again, strict=True))
    other = [ids.tolist() for ids, _ in sequence_batches(sequences, 16, seed=4)]
    assert other != [ids.tolist() for ids, _ in batches]
    with pytest.raises(ValueError, match="batch_size is 0"):
        sequence_batches(sequences, 0, seed=0)


def test_translation_batches():
    pairs = read_pairs(split="valid")
    source = Vocabulary.from_sentences(pair.source for pair in pairs)
    target = Vocabulary.from_sentences(pair.target for pair in pairs)
    seen = []
    for batch in translation_batches(pairs, source, target, 64, seed=0):
        assert batch.source.shape == batch.source_mask.shape
        assert (batch.target[:, 0] == BOS_ID).all()
        last = batch.target_mask.sum(1) - 1
        assert (batch.target[torch.arange(len(last)), last] == EOS_ID).all()
        seen += [
            (" ".join(source.decode(x)), join_chinese(target.decode(y)))
            for x, y in zip(batch.source, batch.target, strict=True)
        ]
    assert sorted(seen) == sorted((" ".join(pair.source), pair.chinese) for pair in pairs)


def test_recall_batch():
    batch = recall_batch(200, 12, symbols=4, generator=torch.Generator().manual_seed(0))
    rows = torch.arange(200)
    assert recall_vocab_size(4) == 9
    assert batch.inputs.shape == (200, 12)
    assert (batch.inputs[:, -1] == 8).all()
    assert ((batch.inputs >= 4) & (batch.inputs < 8)).sum(1).eq(1).all()
    assert (batch.inputs[rows, batch.flag] - 4).equal(batch.answers)
    assert set(batch.flag.tolist()) == set(range(11))
    assert set(batch.answers.tolist()) == {0, 1, 2, 3}
    again = recall_batch(200, 12, generator=torch.Generator().manual_seed(0))
    assert again.inputs.equal(batch.inputs)
    assert recall_batch(3, 2, flag_at=0).flag.tolist() == [0, 0, 0]


@pytest.mark.parametrize("wrong", [{"length": 1}, {"symbols": 1}, {"flag_at": 4}, {"flag_at": -1}])
def test_recall_batch_errors(wrong):
    with pytest.raises(ValueError, match="expected"):
        recall_batch(**{"batch_size": 2, "length": 5, **wrong})
