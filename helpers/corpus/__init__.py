"""The corpus: an English → Traditional Chinese (Taiwan) mini-language with gold alignments.

`grammar` makes phrases, `sentences` sentences; `write` deals them out to the splits.
`python -m helpers.corpus` writes data/translation.tsv.
"""
