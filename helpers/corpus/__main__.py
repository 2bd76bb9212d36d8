"""`python -m helpers.corpus` writes data/translation.tsv anew."""

from helpers.corpus.write import main

main()
