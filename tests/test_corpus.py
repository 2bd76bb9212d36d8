"""The mini-language: the file is what the grammar yields, and what it yields is sound."""

import unicodedata
from collections import Counter
from itertools import pairwise

import pytest

from helpers.corpus import LONG, SIZES, generate, to_tsv
from helpers.datasets import TRANSLATION_TSV, Pair, Vocabulary, join_english, read_pairs
from helpers.grammar import lexicon

# Checked by hand, one for each construction: what a teacher expects.
EXPECTED = {
    "HOW DARE YOU!": "你怎麼敢！",
    "My friend did not buy any bread this morning.": "我的朋友今天早上沒有買麵包。",
    "My little sister is drinking a cup of tea.": "我妹妹正在喝一杯茶。",
    "She is reading a newspaper at home.": "她正在家裡看一份報紙。",
    "I bought two red coats last week.": "我上星期買了兩件紅色的外套。",
    "How many books will you read next week?": "你下星期會讀幾本書？",
    "What did the students cook yesterday afternoon?": "學生們昨天下午煮了什麼？",
    "My mother found her phone yesterday.": "我媽媽昨天找到了她的手機。",
    "My father wore the hat last week.": "我爸爸上星期戴了那頂帽子。",
    "Yesterday afternoon my friend gave two cakes to my mother.": (
        "昨天下午我的朋友送了兩個蛋糕給我媽媽。"
    ),
    "He went to Taipei by train last week, but they did not go to Taipei by train.": (
        "他上星期搭火車去了台北，但是他們沒有搭火車去台北。"
    ),
    "There are two cats in the park, but there are no bicycles.": (
        "公園裡有兩隻貓，但是沒有腳踏車。"
    ),
    "It rained this morning, so she did not go to school by bicycle.": (
        "今天早上下雨了，所以她沒有騎腳踏車去學校。"
    ),
    "If it rains tomorrow afternoon, the students will not go to Taipei by train.": (
        "如果明天下午下雨，學生們就不會搭火車去台北。"
    ),
    "Because my grandfather was very busy yesterday, he did not cook any noodles.": (
        "因為我爺爺昨天很忙，所以他沒有煮麵。"
    ),
    "Our teacher went swimming last week, and then she ate two pieces of bread.": (
        "我們的老師上星期去游泳了，然後她吃了兩片麵包。"
    ),
}


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return generate()


def test_the_file_is_what_the_grammar_yields(pairs):
    assert TRANSLATION_TSV.read_text(encoding="utf-8") == to_tsv(pairs)
    assert read_pairs() == pairs


def test_another_seed_gives_other_sentences(pairs):
    assert {pair.english for pair in generate(seed=1)} != {pair.english for pair in pairs}


def test_splits_have_their_sizes(pairs):
    counts = Counter((pair.split, pair.clauses) for pair in pairs)
    expected = {(split, n): size for split, size in SIZES.items() for n in (1, 2, 3)}
    assert counts == {**expected, ("long", 4): LONG}
    assert sum(pair.split == "train" for pair in pairs) >= 4000


def test_no_sentence_is_in_two_splits_or_has_two_translations(pairs):
    sources = [" ".join(pair.source) for pair in pairs]
    assert len(sources) == len(set(sources))


def test_training_knows_every_word_of_the_other_splits(pairs):
    train = [pair for pair in pairs if pair.split == "train"]
    english = Vocabulary.from_sentences(pair.source for pair in train)
    chinese = Vocabulary.from_sentences(pair.target for pair in train)
    for pair in pairs:
        assert not english.unknown(pair.source), pair
        assert not chinese.unknown(pair.target), pair


def test_links_are_in_range_and_reach_every_chinese_sign(pairs):
    for pair in pairs:
        assert not pair.sure & pair.possible, pair
        for i, j in pair.sure | pair.possible:
            assert 0 <= i < len(pair.source), pair
            assert 0 <= j < len(pair.target), pair
        linked = {j for _, j in pair.sure | pair.possible}
        for j, sign in enumerate(pair.target):
            assert j in linked or unicodedata.category(sign).startswith("P"), (pair, sign)


def test_the_lesson_example_is_linked_word_by_word(pairs):
    pair = next(pair for pair in pairs if pair.english == "HOW DARE YOU!")
    assert (pair.chinese, pair.split) == ("你怎麼敢！", "train")
    assert pair.sure == {(2, 0), (0, 1), (0, 2), (1, 3), (3, 4)}


def test_a_measure_word_is_a_possible_link_of_numeral_and_noun(pairs):
    found = 0
    for pair in pairs:
        source, target = pair.source, pair.target
        for i in range(len(source) - 1):
            if source[i : i + 2] == ["an", "apple"]:
                places = [j for a, j in pair.sure if a == i]
                assert len(places) == 1
                j = places[0]
                assert target[j : j + 4] == list("一顆蘋果")
                assert {(i, j + 1), (i + 1, j + 1)} <= pair.possible
                assert {(i + 1, j + 2), (i + 1, j + 3)} <= pair.sure
                found += 1
    assert found >= 5


def test_every_noun_has_its_own_measure_word(pairs):
    """Where a numeral is right before a noun, 兩, 三 … must be followed by the noun's measure."""
    numbers = {"a": "一", "an": "一", "two": "兩", "three": "三", "four": "四", "five": "五"}
    nouns = {word: row for row in lexicon("nouns") for word in row[0].split() if len(row) == 4}
    found = Counter()
    for pair in pairs:
        for i, (number, noun) in enumerate(pairwise(pair.source)):
            if number in numbers and noun in nouns:
                _, chinese, measure, _ = nouns[noun]
                assert numbers[number] + measure + chinese in pair.chinese, (pair, i)
                found[measure] += 1
    assert min(found.values()) >= 10
    assert {"顆", "本", "隻", "張", "件"} <= set(found)


def test_english_agrees(pairs):
    bare = {row[0].split()[0] for row in lexicon("frames")} - {"read"}
    bare |= {"are", "do", "have", "want", "like", "were"}
    for pair in pairs:
        words = pair.source
        for before, first, second in zip(["", *words], words, words[1:], strict=False):
            if first in ("a", "an"):
                assert (second[0] in "aeiou") == (first == "an"), pair
            if first in ("he", "she") and before not in ("do", "does", "did", "will"):
                assert second not in bare, pair
            if first in ("they", "we"):
                assert second not in ("is", "was", "does", "has", "wants", "likes"), pair


def test_past_has_了_and_its_negation_has_not(pairs):
    for pair in pairs:
        if pair.clauses == 1 and "yesterday" in pair.source and pair.source[0] != "did":
            negated = "not" in pair.source
            state = {"was", "were"} & set(pair.source)
            assert state or ("了" in pair.target) != negated, pair
            assert ("沒有" in pair.chinese) == (negated and not state), pair
        assert "二" not in pair.chinese
        assert not set(pair.chinese) & set("们这说买吗来会书猫"), f"simplified: {pair}"


@pytest.mark.parametrize("english", EXPECTED)
def test_hand_written_translations(pairs, english):
    assert [pair.chinese for pair in pairs if pair.english == english] == [EXPECTED[english]]


def test_sentences_are_short_enough_to_learn(pairs):
    for clauses, (low, high) in {1: (5, 10), 2: (10, 18), 3: (16, 27), 4: (22, 36)}.items():
        lengths = [len(pair.source) for pair in pairs if pair.clauses == clauses]
        assert low <= sum(lengths) / len(lengths) <= high


def test_file_sentences_read_as_sentences(pairs):
    for pair in pairs:
        assert pair.english[0].isupper()
        assert pair.english[-1] in ".?!"
        assert pair.chinese[-1] in "。？！"
        assert join_english(pair.source) == pair.english.lower()
