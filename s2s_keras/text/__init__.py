"""Text flows in and token ids flow out, and back. Plain Python, so that every runtime can agree."""

from s2s_keras.text.character import CharacterTokenizer
from s2s_keras.text.context import WordContext, with_end
from s2s_keras.text.lexicon import Lexicon
from s2s_keras.text.padding import pad_ids
from s2s_keras.text.shortlist import Shortlist
from s2s_keras.text.split import split_sentences, split_text
from s2s_keras.text.subword import SubwordTokenizer
from s2s_keras.text.tokenizer import (
    BOS_ID,
    EOS_ID,
    PAD_ID,
    TOKENIZERS,
    UNK_ID,
    Tokenizer,
    normalize,
)
from s2s_keras.text.word import WordTokenizer
from s2s_keras.text.words import PROTECTED_KINDS, TypedWord, find_words, with_case_of

__all__ = [
    "BOS_ID",
    "EOS_ID",
    "PAD_ID",
    "PROTECTED_KINDS",
    "TOKENIZERS",
    "UNK_ID",
    "CharacterTokenizer",
    "Lexicon",
    "Shortlist",
    "SubwordTokenizer",
    "Tokenizer",
    "TypedWord",
    "WordContext",
    "WordTokenizer",
    "find_words",
    "normalize",
    "pad_ids",
    "split_sentences",
    "split_text",
    "with_case_of",
    "with_end",
]
