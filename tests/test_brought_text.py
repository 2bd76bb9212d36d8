"""What students type and bring along: cleaned sentences, odd characters, files of every kind."""

import gzip
import io
import random
import unicodedata
import warnings
import zipfile
from pathlib import Path

import pytest

from helpers.labs.alignment import AlignmentSearch
from helpers.typed_text import read_prefix, read_source, read_text, text_lines
from helpers.words import (
    TRANSLATION_TSV,
    Pair,
    Vocabulary,
    clean_chinese,
    clean_english,
    read_pairs,
    tokenize_chinese,
    tokenize_english,
)
from helpers.words.simplified import TRADITIONAL, name_simplified, simplified

FAMILY, WALES = "👨‍👩‍👧", "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"


# Sentences ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Do you like tea？", "Do you like tea?"),
        ("Ｉ like tea。", "I like tea."),
        ("I paid １０，０００ ﹩", "I paid 10,000 $"),
        ("“Don’t”\u00a0go‐now…", '"Don\'t" go-now…'),
        ("\ufeffso\u00adft\u200bly\u202e \u2066now\u2069", "softly now"),
        ("cafe\u0301\u3000ﬁne", "café fine"),
        ("\u0301a\x00b\ud800c", "abc"),
        (" a \u2800 b ", "a b"),
    ],
)
def test_english_is_written_in_one_way(text, clean):
    assert clean_english(text) == clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("我喜歡茶?", "我喜歡茶？"),
        ("我喜歡茶.", "我喜歡茶。"),
        ("我喜歡Tom.", "我喜歡Tom。"),
        ('他說:"好."', '他說："好。"'),
        ("我有3.5元,他有10,000元; 7:30見!", "我有3.5元，他有10,000元；7:30見！"),
        ("我住U.S.", "我住U.S."),
        ("我想...", "我想..."),
        ("真的?!", "真的？！"),
        ("我喜歡茶｡是﹐好､", "我喜歡茶。是，好、"),
        ("ＡＢ３　全形\u200b", "AB3 全形"),
        ("Tom’s 貓", "Tom's 貓"),
        ("⼈", "人"),
        ("葛\U000e0100", "葛"),
        ("看 http://a.b/c?d=1 吧", "看 http://a.b/c?d=1 吧"),
    ],
)
def test_chinese_is_written_in_one_way(text, clean):
    assert clean_chinese(text) == clean


@pytest.mark.parametrize("tokenize", [tokenize_english, tokenize_chinese])
def test_an_emoji_or_a_flag_is_one_token(tokenize):
    emoji = ["👍🏽", FAMILY, "🏳️‍🌈", "🇹🇼", WALES, "❤️", "1️⃣", "#️⃣", "🙂‍↔️"]
    assert tokenize("".join(emoji)) == emoji
    assert tokenize("\u200d👍\u200d") == ["👍"]


def test_no_token_is_invisible_and_cleaning_twice_changes_nothing():
    """Fails if some order of odd characters leaves half an emoji or a mark alone."""
    odd = [*"aZ3.,:;!? '’\"()-#*我喜这。，？“”「」\u200b\u200d\ufe0f\u0301\u20e3\xad\u202e\ufeff"]
    odd += [*"👍🏽👩❤🇹🇼🏴\U000e0067\U000e007fＡ．？\u3000\xa0\n\x00ﬁ\ud800⼈İ\u2800"]
    rng = random.Random(0)
    for _ in range(20_000):
        text = "".join(rng.choices(odd, k=rng.randint(1, 9)))
        for clean, cut in (clean_english, tokenize_english), (clean_chinese, tokenize_chinese):
            assert clean(clean(text)) == clean(text), ascii(text)
            for token in cut(text):
                assert token.strip(), ascii(text)
                assert unicodedata.category(token[0]) not in ("Cf", "Cc", "Cs", "Mn", "Me")


def test_our_own_sentences_stay_as_they_are():
    for pair in read_pairs():
        assert clean_english(pair.english) == pair.english
        assert clean_chinese(pair.chinese) == pair.chinese


# Simplified characters ----------------------------------------------------------------------------


def encoded(character: str, encoding: str) -> bytes:
    return character.encode(encoding, errors="ignore")


def test_the_table_holds_simplified_characters_and_their_traditional_ones():
    """Big5 level 1 are the frequent traditional characters, GB 2312 the simplified ones."""
    for one, others in TRADITIONAL.items():
        frequent = b"\xa4\x40" <= encoded(one, "big5") <= b"\xc6\x7e"
        assert not frequent or one in "听儿坏么", one  # frequent only as simplified ones
        assert encoded(one, "gb2312"), one
        assert all(b"\xa4\x40" <= encoded(other, "big5") <= b"\xc6\x7e" for other in others), one
        assert not any(encoded(other, "gb2312") for other in others), one
    assert len(TRADITIONAL) > 600
    assert not TRADITIONAL.keys() & set(TRANSLATION_TSV.read_text("utf-8"))


def test_simplified_characters_are_named_and_those_of_both_scripts_are_not():
    assert simplified("这是什么？发") == {"这": "這", "么": "麼", "发": "發髮"}
    assert simplified("皇后在公里面前, 老么, 一台, 着, 范") == {}
    assert name_simplified("这") == "Simplified: 这; this course writes 這."
    assert name_simplified("茶") == ""


# Typed text ---------------------------------------------------------------------------------------

ENGLISH = Vocabulary(["i", "like", "tea", "?", "."])
CHINESE = Vocabulary([*"我喜歡茶。？"])


def test_typed_text_is_folded_before_it_is_looked_up():
    assert read_source("Ｉ like\u200b tea？", ENGLISH) == (
        ["i", "like", "tea", "?"],
        [4, 5, 6, 7],
        "",
    )
    assert read_prefix("我喜歡茶?", CHINESE, 20) == ([4, 5, 6, 7, 9], "")


def test_an_unknown_word_is_never_shown_as_nothing():
    assert "\u200b" not in read_source("te\u200ba\u202e \u2067x .", ENGLISH).note
    assert read_source("\u200b\ufeff\u202e", ENGLISH).note.startswith("Nothing typed")
    assert "U+E000" in read_source("I like \ue000.", ENGLISH).note
    assert "U+0E35 THAI CHARACTER SARA II" in read_prefix("ที", CHINESE, 20)[1]


def test_simplified_characters_typed_are_named_unless_the_model_knows_them():
    assert "Simplified: 欢; this course writes 歡." in read_prefix("我喜欢茶", CHINESE, 20)[1]
    assert "implified" not in read_prefix("我喜欢", Vocabulary([*"我喜欢"]), 20)[1]


def test_lesson_1_finds_what_was_typed_in_another_way():
    find = AlignmentSearch(read_pairs()).find
    assert find("anything", "any", "HOW\u3000dare you！")[0]
    assert find("anything", "any", "你怎麼敢!")[0]
    assert find("anything", "any", "\u200b") == find("anything", "any", "")
    assert "Simplified: 么; this course writes 麼." in find("anything", "any", "怎么")[1]


def test_a_text_of_ones_own_becomes_visible_characters(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text(f"好\u200b{FAMILY}，\u202ea\n" * 2, encoding="utf-8")
    assert text_lines(read_text(path), at_least=2) == [["好", FAMILY, "，", "a"]] * 2
    path.write_bytes(gzip.compress(b"text"))
    with pytest.raises(ValueError, match="this is a gzip archive; unpack it first"):
        read_text(path)


# Files of pairs -----------------------------------------------------------------------------------

TWO = [Pair("Hi.", "嗨。"), Pair("Run!", "跑！")]
MANY = "".join(f"I have {n} cats.\t我有{n}隻貓。\tCC-BY 2.0 #{n} (某人)\n" for n in range(100))


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "Hi.\t嗨。\nRun!\t跑！",
        "Hi.\t嗨。\rRun!\t跑！\r",
        "嗨。\tHi.\tCC\r\n跑！\tRun!\tCC\r\n",
        "12\tHi.\t2\t嗨。\n13\tRun!\t3\t跑！\n",
        "2\t嗨。\t12\tHi.\n3\t跑！\t13\tRun!\n",
        "12\teng\tHi.\t2\tcmn\t嗨。\n13\teng\tRun!\t3\tcmn\t跑！\n",
        "English\t中文\nHi.\t嗨。\nRun!\t跑！\n",
        "英文\t中文\t作者\nHi.\t嗨。\tCC\nRun!\t跑！\tCC\n",
        "id\tsentence\tid\ttranslation\n12\tHi.\t2\t嗨。\n13\tRun!\t3\t跑！\n",
        "Ｈi．\t嗨.\nRun！\u200b\t跑!\n",
    ],
    ids=["plain", "cr", "swapped", "ids", "ids-swapped", "codes", "header", "chinese-header",
         "header-of-ids", "odd-characters"],
)  # fmt: skip
def test_a_clear_file_is_read_whatever_its_columns(text, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_pairs(write(tmp_path / "cmn.txt", text)) == TWO


@pytest.mark.parametrize(
    "line",
    ["I like\tcats.\t我喜歡貓。\tCC-BY 2.0 #7", "I like cats.\t我喜歡\t貓。\tCC-BY 2.0 #7"],
)
def test_a_tab_inside_a_sentence_is_mended(line, tmp_path):
    pair = read_pairs(write(tmp_path / "cmn.txt", MANY + line))[-1]
    assert pair.source == ["i", "like", "cats", "."]
    assert pair.target == [*"我喜歡貓。"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("broken", r"found 1 column\(s\) \['broken'\]"),
        ("Hi.\t\tCC", "found an empty sentence"),
        ("I like cats.\t我喜歡\tTom。\tCC-BY 2.0 #7", "found 4 columns instead of 3"),
        ("I see him.\tTom\t看他。\tCC-BY 2.0 #7", "found 4 columns instead of 3"),
        ("我喜歡貓。\tI like cats.\tCC-BY 2.0 #7", "found 'I like cats.' where Chinese stands"),
    ],
)
def test_a_few_bad_lines_are_skipped_counted_and_named(line, says, tmp_path):
    path = write(tmp_path / "cmn.txt", f"{MANY}{line}\nHi.\t嗨。\tCC-BY 2.0 #7\n")
    with pytest.warns(UserWarning, match=f"1 of 102 lines skipped.*: 101. Line 101: {says}"):
        pairs = read_pairs(path)
    assert len(pairs) == 101
    assert pairs[-1] == TWO[0]


def test_many_bad_lines_are_an_error(tmp_path):
    path = write(tmp_path / "cmn.txt", MANY + "broken\n" * 3)
    with pytest.raises(ValueError, match=r"line 101: found 1 column.*3 of 103 lines"):
        read_pairs(path)


def test_our_own_table_without_its_first_line_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.words.pairs.TRANSLATION_TSV", tmp_path / "translation.tsv")
    write(tmp_path / "translation.tsv", TRANSLATION_TSV.read_text("utf-8").split("\n", 1)[1])
    with pytest.raises(ValueError, match=r"line 1 .*expected their names: english"):
        read_pairs()


def test_one_bad_line_in_our_own_table_is_an_error(tmp_path):
    text = TRANSLATION_TSV.read_text("utf-8") + "broken\n"
    with pytest.raises(ValueError, match=r"line 5702: found 1 column.*expected english"):
        read_pairs(write(tmp_path / "ours.tsv", text))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no text"),
        ("\n \n", "holds no text"),
        ("1\tcmn\t嗨。\n2\teng\tHi.\n", "list of single sentences.*'Sentence pairs'"),
        ("1\tcmn\t嗨。\tTom\t2010\n2\tcmn\t跑！\tAnn\t2011\n", "list of single sentences"),
        ("1\t嗨。\n2\t跑！\n", "list of single sentences"),
        ("1\t77\n1\t78\n", "file of links"),
        ("嗨。\n跑！\n", r"line 1: found 1 column.*expected English"),
        ("嗨。\t跑！\n", "found Chinese in column 1, Chinese in column 2"),
        ("Hi.\tHello.\n", "found Latin letters in column 1, Latin letters in column 2"),
        ("Hi.\tこんにちは。\nRun.\t走れ。\n", "Japanese in column 2"),
        ("Hi.\tПривет.\n", "Cyrillic in column 2"),
        ("שלום\tשלום\n", "Hebrew in column 1"),
        ("I like\ttea.\t我喜歡茶。\n", "Latin letters in column 2, Chinese in column 3"),
        ("👍\t👍\n", "found no letters in column 1"),
        ("<!DOCTYPE html>\n<html>", "this is a web page"),
    ],
)
def test_what_is_no_file_of_pairs_is_said_to_be_that(text, says, tmp_path):
    with pytest.raises(ValueError, match=rf"cmn\.txt.*{says}"):
        read_pairs(write(tmp_path / "cmn.txt", text))


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "Hi.\t嗨。\n")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (zipped("cmn.txt"), "this is a zip archive; unpack it first"),
        (zipped("xl/workbook.xml"), "this is an Excel file; save or export it"),
        (gzip.compress(b"Hi."), "this is a gzip archive"),
        (b"SQLite format 3\x00" + bytes(99), "this is an SQLite database"),
        (bytes(99), "line 1: not UTF-8 text"),
        (MANY.encode("utf-16"), "looks like UTF-16.*save the file again"),
        (MANY.encode("utf-16-le"), "looks like UTF-16"),
        ("我是你的朋友，這個人。\tHi.\n".encode("big5"), "looks like Big5.*save the file again"),
        ("我是你的朋友，这个人。\tHi.\n".encode("gbk"), "looks like GBK"),
        ("Hi.\t嗨。\n".encode() + b"caf\xe9 x\n", "line 2: not UTF-8 text"),
    ],
    ids=[
        "zip",
        "Excel",
        "gzip",
        "SQLite",
        "binary",
        "UTF-16",
        "UTF-16-LE",
        "Big5",
        "GBK",
        "Latin-1",
    ],
)
def test_another_kind_of_file_is_named(raw, says, tmp_path):
    with pytest.raises(ValueError, match=rf"cmn\.txt.*{says}"):
        read_pairs(write(tmp_path / "cmn.txt", raw))


def test_hostile_sentences_are_sentences(tmp_path):
    text = (
        f"{'word ' * 500}\t{'字' * 500}\n<b>Hi</b> $x$\t<i>嗨</i>\n{FAMILY} Hi\u202e\t嗨{WALES}\n"
    )
    long, markup, emoji = read_pairs(write(tmp_path / "cmn.txt", text))
    assert (len(long.source), len(long.target)) == (500, 500)
    assert markup.source == ["<", "b", ">", "hi", "<", "/", "b", ">", "$", "x", "$"]
    assert (emoji.source, emoji.target) == ([FAMILY, "hi"], ["嗨", WALES])
