"""Trains JamSpell's language model, in its environment: python train_jamspell.py TEXT MODEL."""

from __future__ import annotations

import sys
import tempfile

import jamspell


def main() -> None:
    """Trains on a text, with the alphabet of English."""
    text, model = sys.argv[1:]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as alphabet:
        alphabet.write("abcdefghijklmnopqrstuvwxyz\n")
        alphabet.flush()
        if not jamspell.TSpellCorrector().TrainLangModel(text, alphabet.name, model):
            raise SystemExit(f"{text}: JamSpell cannot learn from it")


if __name__ == "__main__":
    main()
