"""The models that lessons have taught, unchanged, for later lessons to build on.

`recurrent` (lessons 2 to 5), `encoder_decoder` (3), `attention` (6 and 7), `transformer` (7). Each
is the same code as in its lesson, with types and docstrings added; a test compares them.
"""
