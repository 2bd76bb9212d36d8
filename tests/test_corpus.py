"""The mini-language: the file is what the grammar yields, and what it yields is sound."""

import random
import re
import unicodedata
from collections import Counter

import pytest

from helpers.corpus.grammar import lexicon
from helpers.corpus.sentences import sentence
from helpers.corpus.write import SIZES, generate, to_tsv
from helpers.metrics import tense_agreement
from helpers.words import TRANSLATION_TSV, Pair, Vocabulary, join_english, read_pairs

# Checked by hand, one for each construction: what a teacher expects.
EXPECTED = {
    "HOW DARE YOU!": "你怎麼敢！",
    "She did not read any books last week.": "她上星期沒有看書。",
    "My father is eating a bowl of noodles.": "我爸爸正在吃一碗麵。",
    "What do they often drink?": "他們常常喝什麼？",
    "Do you want to sleep at home?": "你想在家睡覺嗎？",
    "There are two phones on the table.": "桌子上有兩支手機。",
    "My mother went swimming yesterday.": "我媽媽昨天去游泳了。",
    "The teacher does not have any dogs.": "老師沒有狗。",
    "She bought two red coats.": "她買了兩件紅色的外套。",
    "My friend buys flowers every day.": "我的朋友每天買花。",
    "It rained yesterday, so I did not go to the park.": "昨天下雨了，所以我沒有去公園。",
    "If it rains tomorrow, the children will not go to the park.": (
        "如果明天下雨，孩子們就不會去公園。"
    ),
    "Because it rained yesterday, the teacher did not buy any apples.": (
        "因為昨天下雨了，所以老師沒有買蘋果。"
    ),
    "My mother read a book, and then she ate a red apple.": (
        "我媽媽看了一本書，然後她吃了一顆紅色的蘋果。"
    ),
    "The teacher is reading that book because she likes books.": (
        "老師正在看那本書，因為她喜歡書。"
    ),
}

# DecodedBatch by hand, not read from the lexicon: a wrong measure word there must fail.
MEASURES = {
    "apple": "顆蘋果",
    "egg": "顆雞蛋",
    "noodles": "碗麵",
    "tea": "杯茶",
    "coffee": "杯咖啡",
    "cat": "隻貓",
    "dog": "隻狗",
    "flower": "朵花",
    "book": "本書",
    "letter": "封信",
    "movie": "部電影",
    "photo": "張照片",
    "coat": "件外套",
    "phone": "支手機",
    "bicycle": "輛腳踏車",
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
    assert counts == {(split, n): size for split in SIZES for n, size in SIZES[split].items()}
    totals = Counter(pair.split for pair in pairs)
    assert totals["train"] >= 4000
    assert min(totals["valid"], totals["test"]) >= 500
    assert totals["long"] >= 200


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
        for j, character in enumerate(pair.target):
            assert j in linked or unicodedata.category(character).startswith("P"), (pair, character)


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
    """After 兩, 三, 這 … stand measure word, perhaps an adjective, and noun, as a teacher says."""
    assert {row[0].split()[0] for row in lexicon("nouns")} == set(MEASURES)
    characters = {"a": "一", "an": "一", "two": "兩", "three": "三", "four": "四"}
    characters |= {"this": "這", "that": "那"}
    found = Counter()
    for pair in pairs:
        words = pair.english.lower().replace("cups of ", "").replace("bowls of ", "")
        words = words.replace("cup of ", "").replace("bowl of ", "")
        for det, _, noun in re.findall(r"\b(\w+) ((?:red|big|black|new|old|hot) )?(\w+)", words):
            name = noun if noun in MEASURES else noun.removesuffix("s")
            if det in characters and name in MEASURES:
                measure, chinese = MEASURES[name][0], MEASURES[name][1:]
                adjective = "(紅色的|大|黑色的|新|舊|熱)?"
                assert re.search(characters[det] + measure + adjective + chinese, pair.chinese), (
                    pair
                )
                found[name] += 1
    assert set(found) == set(MEASURES)
    assert min(found.values()) >= 30
    assert len({measure[0] for measure in MEASURES.values()}) >= 8


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


def test_what_is_completed_has_了_and_its_negation_has_not(pairs):
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
    for clauses, (low, high) in {1: (6, 9.5), 2: (15, 19), 3: (24, 29), 4: (34, 39)}.items():
        lengths = [len(pair.target) for pair in pairs if pair.clauses == clauses]
        assert low <= sum(lengths) / len(lengths) <= high
    assert 150 <= len(Vocabulary.from_sentences(pair.target for pair in pairs)) - 4 <= 190


def test_one_clause_sentences_are_too_many_to_learn_by_heart():
    rng = random.Random(0)
    drawn = [sentence(rng, 1) for _ in range(8000)]
    assert len({" ".join(word.text for word in phrase.english) for phrase in drawn}) >= 4000


def test_clauses_of_a_sentence_share_their_time(pairs):
    share, compared = tense_agreement([pair.chinese for pair in pairs if pair.split == "train"])
    assert share >= 0.95
    assert compared > 1000


def test_file_sentences_read_as_sentences(pairs):
    for pair in pairs:
        assert pair.english[0].isupper()
        assert pair.english[-1] in ".?!"
        assert pair.chinese[-1] in "。？！"
        assert join_english(pair.source) == pair.english.lower()
