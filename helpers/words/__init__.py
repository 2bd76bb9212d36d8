"""Words as a model reads them: tokens, sentence pairs, vocabularies, padded batches.

Every name below can be had from `helpers.words` itself.
"""

from helpers.words.batches import (
    TranslationBatch,
    pad_batch,
    sequence_batches,
    translation_batches,
)
from helpers.words.pairs import TRANSLATION_TSV, Pair, read_pairs
from helpers.words.recall import RecallBatch, recall_batch, recall_vocab_size
from helpers.words.tokens import (
    clean_chinese,
    clean_english,
    join_chinese,
    join_english,
    tokenize_chinese,
    tokenize_english,
)
from helpers.words.vocabulary import (
    BOS,
    BOS_ID,
    EOS,
    EOS_ID,
    PAD,
    PAD_ID,
    SPECIALS,
    UNK,
    UNK_ID,
    Vocabulary,
)

__all__ = [
    "BOS",
    "BOS_ID",
    "EOS",
    "EOS_ID",
    "PAD",
    "PAD_ID",
    "SPECIALS",
    "TRANSLATION_TSV",
    "UNK",
    "UNK_ID",
    "Pair",
    "RecallBatch",
    "TranslationBatch",
    "Vocabulary",
    "clean_chinese",
    "clean_english",
    "join_chinese",
    "join_english",
    "pad_batch",
    "read_pairs",
    "recall_batch",
    "recall_vocab_size",
    "sequence_batches",
    "tokenize_chinese",
    "tokenize_english",
    "translation_batches",
]
