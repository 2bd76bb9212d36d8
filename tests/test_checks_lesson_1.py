"""Lesson 1's checks: solutions pass, stubs are not started, typical mistakes get their hints."""

from collections import Counter, defaultdict

import numpy as np
import pytest
import torch

from helpers.checks import (
    check_best_share,
    check_encode_decode,
    check_fixed_size,
    check_padding_mask,
    engine,
)
from notebooks.lessons import lesson

NAMES = "best_share", "encode", "decode", "padding_mask", "breaks", "reason"
LESSON = lesson("01").define(*NAMES)
encode, decode = LESSON["encode"], LESSON["decode"]


def stub(*_):
    raise NotImplementedError


def hint_of(verdict):
    assert verdict.status == "not yet", verdict
    return verdict.message


def test_the_lessons_solutions_pass():
    assert check_best_share(LESSON["best_share"]).status == "right"
    assert check_encode_decode(encode, decode).status == "right"
    assert check_padding_mask(LESSON["padding_mask"]).status == "right"
    assert check_fixed_size(LESSON["breaks"], LESSON["reason"]).status == "right"


def test_stubs_are_not_started():
    assert check_best_share(stub).status == "not started"
    assert check_encode_decode(stub, stub).status == "not started"
    assert check_encode_decode(encode, stub).status == "not started"
    assert "`decode`" in check_encode_decode(encode, stub).message
    assert check_padding_mask(stub).status == "not started"
    assert check_fixed_size(..., ...).status == "not started"


# Exercise 1.1


def grouped(lengths):
    groups = defaultdict(list)
    for s, t in lengths:
        groups[s].append(t)
    return groups


def by_most_common(lengths):
    groups = grouped(lengths)
    return sum(Counter(ts).most_common(1)[0][1] for ts in groups.values()) / len(lengths)


def by_naming(lengths):
    counts = Counter(lengths)
    rule = {s: max((n, t) for (a, t), n in counts.items() if a == s)[1] for s, _ in lengths}
    return sum(rule[s] == t for s, t in lengths) / len(lengths)


def by_list_count(lengths):
    hits = 0
    for s in {s for s, _ in lengths}:
        ts = [t for a, t in lengths if a == s]
        hits += max(ts.count(t) for t in ts)
    return hits / len(lengths)


def by_numpy(lengths):
    table = np.zeros((60, 60))
    for s, t in lengths:
        table[s, t] += 1
    return table.max(axis=1).sum() / table.sum()


def by_torch(lengths):
    s, t = torch.tensor(lengths).T
    table = torch.zeros(60, 60).index_put((s, t), torch.ones(len(s)), accumulate=True)
    return table.amax(1).sum() / len(lengths)


def by_sorting(lengths):
    from itertools import groupby

    hits = 0
    for _, rows in groupby(sorted(lengths), key=lambda pair: pair[0]):
        hits += max(Counter(rows).values())
    return hits / len(lengths)


@pytest.mark.parametrize(
    "student", [by_most_common, by_naming, by_list_count, by_numpy, by_torch, by_sorting]
)
def test_other_ways_to_the_best_share_are_right(student):
    assert check_best_share(student).status == "right"


def overwrites(lengths):
    rule = dict(lengths)
    return sum(rule[s] == t for s, t in lengths) / len(lengths)


def keeps_the_first(lengths):
    rule = {}
    for s, t in lengths:
        rule.setdefault(s, t)
    return sum(rule[s] == t for s, t in lengths) / len(lengths)


def names_the_mean(lengths):
    groups = grouped(lengths)
    rule = {s: round(sum(ts) / len(ts)) for s, ts in groups.items()}
    return sum(rule[s] == t for s, t in lengths) / len(lengths)


def names_the_median(lengths):
    groups = grouped(lengths)
    rule = {s: sorted(ts)[len(ts) // 2] for s, ts in groups.items()}
    return sum(rule[s] == t for s, t in lengths) / len(lengths)


def mean_of_shares(lengths):
    shares = [max(Counter(ts).values()) / len(ts) for ts in grouped(lengths).values()]
    return sum(shares) / len(shares)


def fits_a_line(lengths):
    s, t = np.array(lengths, dtype=float).T
    slope, start = np.polyfit(s, t, 1) if len(set(s)) > 1 else (0, t.mean())
    return float((np.round(slope * s + start) == t).mean())


def forgets_the_last_group(lengths):
    hits, rows = 0, sorted(lengths)
    current, ts = rows[0][0], []
    for s, t in rows:
        if s != current:
            hits += max(Counter(ts).values())
            current, ts = s, []
        ts.append(t)
    return hits / len(lengths)


def pops_its_argument(lengths):
    counts, n = Counter(), len(lengths)
    while lengths:
        counts[lengths.pop()] += 1
    most = {}
    for (s, _), count in counts.items():
        most[s] = max(most.get(s, 0), count)
    return sum(most.values()) / n


@pytest.mark.parametrize(
    ("student", "phrase"),
    [
        (lambda p: Counter(t for _, t in p).most_common(1)[0][1] / len(p), "one T for all pairs"),
        (lambda p: Counter(p).most_common(1)[0][1] / len(p), "most frequent pair (S, T) alone"),
        (mean_of_shares, "averages the shares"),
        (lambda p: by_most_common(p) * len(p), "Divide by the number of pairs"),
        (lambda p: 100 * by_most_common(p), "in percent"),
        (lambda p: 1 - by_most_common(p), "comes out wrong"),
        (lambda p: by_most_common([(t, s) for s, t in p]), "have changed places"),
        (lambda p: sum(s == t for s, t in p) / len(p), "how often T equals S"),
        (lambda p: by_most_common(p) * len(p) / len(grouped(p)), "different source lengths"),
        (lambda p: by_most_common(p) * len(p) / len(set(p)), "different pairs"),
        (names_the_mean, "the mean T"),
        (names_the_median, "the median T"),
        (lambda p: sum(max(grouped(p)[s]) == t for s, t in p) / len(p), "the largest T"),
        (keeps_the_first, "the first T seen"),
        (overwrites, "a later one overwrites it"),
        (lambda p: {s: max(ts, key=ts.count) for s, ts in grouped(p).items()}, "Now measure it"),
        (lambda p: len(set(p)) / len(p), "different things"),
        (lambda p: len({s for s, _ in p}) / len(p), "different things"),
        (lambda p: sum(len({*ts}) == 1 for ts in grouped(p).values()) / len(grouped(p)),
         "with a single T"),
        (lambda p: sum(len(ts) for ts in grouped(p).values() if len({*ts}) == 1) / len(p),
         "counts only the pairs"),
        (lambda p: max(Counter(t - s for s, t in p).values()) / len(p), "one distance T - S"),
        (lambda p: sum(min(Counter(ts).values()) for ts in grouped(p).values()) / len(p),
         "the least frequent T"),
        (lambda p: sum(n for n in Counter(p).values() if n > 1) / len(p), "more than once"),
        (fits_a_line, "expected"),
        (forgets_the_last_group, "expected"),
        (pops_its_argument, "changed one of its arguments"),
        (lambda p: 0.2, "expected"),
        (lambda p: print(end=""), "returned None"),
        (lambda p: f"{by_most_common(p):.0%}", "expected"),
        (lambda p: by_most_common(p) // 1, "expected"),
        (0.2, "Expected a function"),
    ],
)  # fmt: skip
def test_wrong_shares(student, phrase):
    assert phrase in hint_of(check_best_share(student))


# Exercise 1.2


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


def zero_counts_as_nothing(sentence, id_of):
    ids = [id_of.get(t) or id_of["<unk>"] for t in sentence]
    return [id_of["<bos>"], *ids, id_of["<eos>"]]


def by_position(sentence, id_of):
    return [list(id_of).index(t if t in id_of else "<unk>") for t in ["<bos>", *sentence, "<eos>"]]


def nested(sentence, id_of):
    return [id_of["<bos>"], [id_of.get(t, id_of["<unk>"]) for t in sentence], id_of["<eos>"]]


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
        (unknown_is_a_text, "That is the token <unk>; return its id"),
        (unknown_is_a_key_error, "KeyError: 'she'"),
        (unknown_is_a_key_error, "gives a second choice"),
        (unknown_is_a_key_error, "[id_of[t] for t in sentence]"),
        (fixed_ids, "These are fixed numbers"),
        (still_tokens, "These are tokens, not ids"),
        (appends_to_its_argument, "changed one of its arguments"),
        (inserts_into_its_argument, "where you `insert`"),
        (zero_counts_as_nothing, "an id of 0 counts as nothing"),
        (by_position, "These are places in the dictionary"),
        (nested, "a list inside the list"),
        (lambda s, ids: [*encode(s, ids)[:1], *encode(s, ids)[-2:0:-1], ids["<eos>"]],
         "in another order"),
        (no_return, "returned None"),
        (a_tensor, "Return a list: `.tolist()`"),
        (an_array, "found a NumPy array"),
    ],
)  # fmt: skip
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
        (lambda ids, tokens: [tokens[i] for i in ids if tokens[i] not in "<pad> <bos> <eos>"],
         "A string contains its pieces"),
        (one_text, "This is one string"),
        (empty_texts, "Empty strings stand where"),
        (still_ids, "These are ids"),
        (by_fixed_ids, "You compare ids with fixed numbers"),
        (removes_in_place, "changed one of its arguments"),
        (lambda ids, tokens: None, "returned None"),
    ],
)  # fmt: skip
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


# Exercise 1.3


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
        (lambda n: torch.arange(n.min()) < n[:, None], "not the smallest"),
        (lambda n: torch.arange(n[0]) < n[:, None], "not the first"),
        (lambda n: torch.arange(n[-1]) < n[:, None], "not the last"),
        (lambda n: [torch.ones(k, dtype=torch.bool) for k in n], "a list of tensors"),
        (lambda n: torch.ones(len(n), n.max(), dtype=torch.bool), "hides nothing"),
        (lambda n: torch.arange(n.max()) == n[:, None] - 1, "the last real token alone"),
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


# Exercise 1.4


@pytest.mark.parametrize(
    ("breaks", "reason"),
    [
        ({"C", "D", "E"}, "b"),
        (["e", "d", "c"], "B"),
        ("CDE", " b "),
        ("C, D, E", "b"),
        ({"C": 1, "D": 2, "E": 3}.keys(), "(b)"),
        (np.array(["C", "D", "E"]), "b."),
    ],
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
        ({"D"}, "b", "C is missing: it has 9 English tokens"),
        ({"C", "D", "E", "F"}, "b", "F fits"),
        ({"A", "D"}, "b", "A fits"),
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
