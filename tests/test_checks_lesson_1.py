"""Lesson 1's checks: solutions pass, stubs are not started, typical mistakes get their hints."""

import pytest
import torch

from helpers.checks import check_encode_decode, check_fixed_size, check_padding_mask, engine
from notebooks.lessons import lesson

LESSON = lesson("01").define("encode", "decode", "padding_mask", "breaks", "reason")
encode, decode = LESSON["encode"], LESSON["decode"]


def stub(*_):
    raise NotImplementedError


def hint_of(verdict):
    assert verdict.status == "not yet", verdict
    return verdict.message


def test_the_lessons_solutions_pass():
    assert check_encode_decode(encode, decode).status == "right"
    assert check_padding_mask(LESSON["padding_mask"]).status == "right"
    assert check_fixed_size(LESSON["breaks"], LESSON["reason"]).status == "right"


def test_stubs_are_not_started():
    assert check_encode_decode(stub, stub).status == "not started"
    assert check_encode_decode(encode, stub).status == "not started"
    assert "`decode`" in check_encode_decode(encode, stub).message
    assert check_padding_mask(stub).status == "not started"
    assert check_fixed_size(..., ...).status == "not started"


# Exercise 1.1


def loops_forever(sentence, id_of):
    ids, i = [id_of["<bos>"]], 0
    while i < len(sentence):
        ids.append(id_of.get(sentence[i], id_of["<unk>"]))
    return ids


def without_markers(sentence, id_of):
    return [id_of.get(t, id_of["<unk>"]) for t in sentence]


def without_eos(sentence, id_of):
    ids = [id_of["<bos>"]]
    for token in sentence:
        ids.append(id_of[token] if token in id_of else id_of["<unk>"])
    return ids


def without_bos(sentence, id_of):
    return [*without_markers(sentence, id_of), id_of["<eos>"]]


def markers_swapped(sentence, id_of):
    return [id_of["<eos>"], *without_markers(sentence, id_of), id_of["<bos>"]]


def unknown_dropped(sentence, id_of):
    return [id_of["<bos>"], *[id_of[t] for t in sentence if t in id_of], id_of["<eos>"]]


def unknown_is_padding(sentence, id_of):
    return [id_of["<bos>"], *[id_of.get(t, 0) for t in sentence], id_of["<eos>"]]


def unknown_is_none(sentence, id_of):
    return [id_of["<bos>"]] + [id_of.get(t) for t in sentence] + [id_of["<eos>"]]


def unknown_is_a_key_error(sentence, id_of):
    return [id_of["<bos>"]] + [id_of[t] for t in sentence] + [id_of["<eos>"]]


def fixed_ids(sentence, id_of):
    return [1] + [id_of.get(t, 3) for t in sentence] + [2]


def still_tokens(sentence, id_of):
    return ["<bos>", *sentence, "<eos>"]


def appends_to_its_argument(sentence, id_of):
    sentence.append("<eos>")
    return [id_of["<bos>"]] + [id_of.get(t, id_of["<unk>"]) for t in sentence]


def inserts_into_its_argument(sentence, id_of):
    sentence.insert(0, "<bos>")
    return without_bos(sentence, id_of)


def unknown_is_a_text(sentence, id_of):
    return [id_of["<bos>"]] + [id_of.get(t, "<unk>") for t in sentence] + [id_of["<eos>"]]


def no_return(sentence, id_of):
    without_bos(sentence, id_of)


def a_tensor(sentence, id_of):
    return torch.tensor(encode(sentence, id_of))


def an_array(sentence, id_of):
    return a_tensor(sentence, id_of).numpy()


@pytest.mark.parametrize(
    ("student", "phrase"),
    [
        (without_markers, "ids of <bos> and <eos> are missing"),
        (without_eos, "<eos> is missing at the end"),
        (without_bos, "<bos> is missing in front"),
        (markers_swapped, "have changed places"),
        (unknown_dropped, "An unknown token was left out"),
        (unknown_is_padding, "An unknown token got the id of <pad>"),
        (unknown_is_none, "An unknown token became None"),
        (unknown_is_a_text, "This is the token <unk>; return its id"),
        (unknown_is_a_key_error, "KeyError: 'she'"),
        (unknown_is_a_key_error, "gives a second choice"),
        (unknown_is_a_key_error, "[id_of[t] for t in sentence]"),
        (fixed_ids, "These are fixed numbers"),
        (still_tokens, "These are tokens, not ids"),
        (appends_to_its_argument, "changed one of its arguments"),
        (inserts_into_its_argument, "where you `insert`"),
        (no_return, "returned None"),
        (a_tensor, "Return a list: `.tolist()`"),
        (an_array, "found a NumPy array"),
    ],
)
def test_wrong_encoders(student, phrase):
    message = hint_of(check_encode_decode(student, decode))
    assert phrase in message
    assert message.startswith("`encode`")


def test_an_endless_encoder_is_stopped(monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.3)
    assert "still running" in hint_of(check_encode_decode(loops_forever, decode))


def keeps_everything(ids, tokens):
    return [tokens[i] for i in ids]


def keeps_padding(ids, tokens):
    return [tokens[i] for i in ids if tokens[i] not in {"<bos>", "<eos>"}]


def drops_unknown(ids, tokens):
    return [t for t in map(tokens.__getitem__, ids) if not t.startswith("<")]


def cuts_by_place(ids, tokens):
    return [tokens[i] for i in ids][1:-1]


def cuts_by_place_and_padding(ids, tokens):
    return [tokens[i] for i in ids[1:-1] if i != tokens.index("<pad>")]


def one_text(ids, tokens):
    return " ".join(decode(ids, tokens))


def empty_texts(ids, tokens):
    skip = ("<pad>", "<bos>", "<eos>")
    return ["" if tokens[i] in skip else tokens[i] for i in ids]


def still_ids(ids, tokens):
    return [i for i in ids if i > 2]


def by_fixed_ids(ids, tokens):
    return [tokens[i] for i in ids if i > 2]


def removes_in_place(ids, tokens):
    for special in (0, 1, 2):
        while special in ids:
            ids.remove(special)
    return [tokens[i] for i in ids]


@pytest.mark.parametrize(
    ("student", "phrase"),
    [
        (keeps_everything, "<bos>, <eos> and <pad> are still there"),
        (keeps_padding, "<pad> is still there"),
        (drops_unknown, "<unk> has gone"),
        (cuts_by_place, "Cut by token, not by place"),
        (cuts_by_place_and_padding, "Cut by token, not by place"),
        (one_text, "This is one text"),
        (empty_texts, "are empty texts now"),
        (still_ids, "These are ids"),
        (by_fixed_ids, "You compare ids with fixed numbers"),
        (removes_in_place, "changed one of its arguments"),
        (lambda ids, tokens: None, "returned None"),
    ],
)
def test_wrong_decoders(student, phrase):
    message = hint_of(check_encode_decode(encode, student))
    assert phrase in message
    assert message.startswith("`decode`")


def test_a_decoder_that_stops_at_the_end_of_the_sentence_is_right_too():
    def stops(ids, tokens):
        found = []
        for i in ids:
            if tokens[i] == "<eos>":
                break
            if tokens[i] not in ("<bos>", "<pad>"):
                found.append(tokens[i])
        return found

    assert check_encode_decode(encode, stops).status == "right"


# Exercise 1.2


def by_loop(lengths):
    mask = torch.zeros(len(lengths), max(lengths), dtype=torch.bool)
    for b, length in enumerate(lengths):
        mask[b, :length] = True
    return mask


@pytest.mark.parametrize(
    "student",
    [
        by_loop,
        lambda n: torch.arange(n.max())[None, :] < n.unsqueeze(1),
        lambda n: torch.stack([torch.arange(n.max()) < length for length in n]),
        lambda n: torch.tensor([[t < m for t in range(max(n))] for m in n]),
    ],
)
def test_other_ways_to_the_mask_are_right(student):
    assert check_padding_mask(student).status == "right"


def changes_lengths(lengths):
    lengths -= 1
    return torch.arange(lengths.max() + 1) <= lengths[:, None]


def float_zeros(lengths):
    mask = torch.zeros(len(lengths), max(lengths))
    for b, length in enumerate(lengths):
        mask[b, :length] = 1
    return mask


def integer_zeros(lengths):
    return float_zeros(lengths).long()


def padding_first(lengths):
    T = lengths.max()
    return torch.arange(T) >= T - lengths[:, None]


def one_short(lengths):
    return by_loop(lengths) & (torch.arange(lengths.max()) != lengths[:, None] - 1)


@pytest.mark.parametrize(
    ("student", "phrase"),
    [
        (lambda n: torch.arange(n.max()) >= n[:, None], "True stands for a real token"),
        (lambda n: torch.arange(n.max()) <= n[:, None], "`<=` lets one position too many"),
        (lambda n: torch.arange(1, n.max() + 1) < n[:, None], "last real token of each sentence"),
        (one_short, "last real token of each sentence"),
        (lambda n: torch.arange(n.max() + 1) < n[:, None], "one column too many"),
        (lambda n: torch.arange(n.max() + 1) <= n[:, None], "one column too many"),
        (lambda n: torch.arange(n.max())[:, None] < n, "The shape is (T, B)"),
        (padding_first, "Padding stands at the end"),
        (lambda n: torch.arange(len(n)) < n[:, None], "not the number of sentences"),
        (lambda n: torch.arange(n.sum()) < n[:, None], "not the sum of all lengths"),
        (lambda n: torch.arange(n.max()).repeat(len(n), 1), "these are the positions themselves"),
        (lambda n: by_loop(n).tolist(), "Make it a tensor"),
        (float_zeros, "the type is not"),
        (integer_zeros, "gives bool"),
        (lambda n: torch.arange(10) < n[:, None], "Look at the shapes"),
        (lambda n: torch.arange(n.max()) < n, "size of tensor"),
        (lambda n: by_loop(n).numpy(), "Stay in PyTorch"),
        (changes_lengths, "changed one of its arguments"),
        (lambda n: print(end=""), "returned None"),
        (torch.tensor([[True]]), "Expected a function"),
    ],
)
def test_wrong_masks(student, phrase):
    assert phrase in hint_of(check_padding_mask(student))


# Exercise 1.3


@pytest.mark.parametrize(
    ("breaks", "reason"),
    [({"C", "D", "E"}, "b"), (["e", "d", "c"], "B"), ("CDE", " b "), ("C, D, E", "b")],
)
def test_the_right_pairs_in_any_form(breaks, reason):
    assert check_fixed_size(breaks, reason).status == "right"


@pytest.mark.parametrize(
    ("breaks", "reason", "phrase"),
    [
        ({"C", "E"}, "b", "You forgot <eos>"),
        ({"C"}, "b", "You looked at the English side only"),
        ({"D", "E"}, "b", "You looked at the Chinese side only. The English"),
        ({"E"}, "b", "and forgot that <eos> needs a place"),
        ({"C", "D"}, "b", "Pair E is missing"),
        ({"A", "C", "D", "E", "F"}, "b", "exactly full still fits"),
        ({"D", "E", "F"}, "b", "F fits: it has 8 of 8"),
        ({"A", "C", "D", "E"}, "c", "two lengths differ is no problem"),
        ({"B", "C", "D", "E"}, "b", "Pair B is short"),
        ({"B"}, "b", "Pair B is short"),
        ({"A", "B", "F"}, "b", "the pairs that fit"),
        (set("ABCDEF"), "b", "Not all"),
        (set(), "b", "Some do break"),
        ({"D"}, "b", "Check both sides"),
        ({"C", "G"}, "b", "found G in `breaks`"),
        ({3, 4, 5}, "b", "The pairs are A to F"),
        (3, "b", "Expected a set of letters"),
        (torch.ones(3), "b", "Expected a set of letters"),
        ({"C", "D", "E"}, ..., "Now choose the `reason`"),
        ({"C", "D", "E"}, "a", "speaks of training"),
        ({"C", "D", "E"}, "c", "pair A differs in length, too"),
        ({"C", "D", "E"}, "d", "the vocabulary counts"),
        ({"C", "D", "E"}, "", "one letter from 'a' to 'd'"),
        ({"C", "D", "E"}, "no weights", "one letter from 'a' to 'd'"),
        ({"C", "D", "E"}, 2, "one letter from 'a' to 'd'"),
    ],
)
def test_wrong_pairs_and_reasons(breaks, reason, phrase):
    assert phrase in hint_of(check_fixed_size(breaks, reason))
