"""Texts as papers before sacreBLEU measured them: Moses's punctuation and tokens, lower case."""

from __future__ import annotations

import re
from importlib.metadata import version

from s2s_keras.errors import MissingDependencyError

__all__ = ["LONGEST_MOSES_SLICE", "MosesText"]

LONGEST_MOSES_SLICE = 1_000
"""Characters that are tokenised at once: the time grows with their square where they are dots."""

_SLICE = re.compile(
    rf"\S.{{0,{LONGEST_MOSES_SLICE - 1}}}(?!\S)|\S{{1,{LONGEST_MOSES_SLICE}}}", re.DOTALL
)


class MosesText:
    """Normalises punctuation, tokenises and changes to lower case, in this order.

    These are `normalize-punctuation.perl` and `tokenizer.perl` of Moses without options, as the
    library sacremoses has them, but for `&`, `'` and other characters, which stay what they are
    instead of becoming entities such as `&apos;`: the tokens are as many and as different. Hyphens
    stay in their words.

    A text of more than 1,000 characters is cut into slices, at white space where there is any.

    Args:
        language: ISO 639-1 code of the texts. Of one that Moses has no abbreviations for it takes
            those of English.

    Raises:
        MissingDependencyError: sacremoses is not installed.

    Reference:
        Koehn et al. 2007, "Moses: Open Source Toolkit for Statistical Machine Translation".
    """

    def __init__(self, language: str) -> None:
        try:
            from sacremoses import MosesPunctNormalizer, MosesTokenizer
        except ModuleNotFoundError as error:
            raise MissingDependencyError(
                "BLEU of Moses tokens needs sacremoses: pip install 's2s-keras[evaluate]'."
            ) from error
        self.language = language
        self.version = version("sacremoses")
        self._normalizer = MosesPunctNormalizer(language, perl_parity=True)
        self._tokenizer = MosesTokenizer(language)

    def __call__(self, text: str) -> str:
        """Returns the tokens in lower case, with a space between two."""
        return " ".join(token for part in _slices(text) for token in self._tokens(part)).lower()

    def _tokens(self, text: str) -> list[str]:
        normalized = self._normalizer.normalize(text)
        tokens: list[str] = self._tokenizer.tokenize(normalized, escape=False)
        return tokens


def _slices(text: str) -> list[str]:
    if len(text) <= LONGEST_MOSES_SLICE:
        return [text]
    return _SLICE.findall(text)
