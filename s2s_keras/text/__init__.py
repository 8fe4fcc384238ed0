"""Text flows in and token ids flow out, and back. Plain Python, so that every runtime can agree."""

from s2s_keras.text.padding import pad_ids
from s2s_keras.text.tokenizer import (
    BOS_ID,
    EOS_ID,
    PAD_ID,
    UNK_ID,
    CharacterTokenizer,
    normalize,
)

__all__ = [
    "BOS_ID",
    "EOS_ID",
    "PAD_ID",
    "UNK_ID",
    "CharacterTokenizer",
    "normalize",
    "pad_ids",
]
