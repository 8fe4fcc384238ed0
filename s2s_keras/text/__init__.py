"""Text flows in and token ids flow out, and back. Plain Python, so that every runtime can agree."""

from s2s_keras.text.character import CharacterTokenizer
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

__all__ = [
    "BOS_ID",
    "EOS_ID",
    "PAD_ID",
    "TOKENIZERS",
    "UNK_ID",
    "CharacterTokenizer",
    "Shortlist",
    "SubwordTokenizer",
    "Tokenizer",
    "WordTokenizer",
    "normalize",
    "pad_ids",
    "split_sentences",
    "split_text",
]
