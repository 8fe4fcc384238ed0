"""Texts that tokenisers of all runtimes must cut alike, and a vocabulary to cut them with.

`python -m tests.text.golden FILE [--kind word]` writes them, each with its ids, as a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path

from s2s_keras.text import TOKENIZERS, SubwordTokenizer, Tokenizer, WordTokenizer

__all__ = ["golden_lines", "golden_texts", "golden_tokenizer", "golden_tokenizer_of"]

SENTENCES = (
    ("The {} river carries the {} boat to the sea.", ("slow", "wide", "old"), ("red", "small")),
    ("L'eau {} n'est pas si {}\u00a0!", ("d'été", "du puits"), ("froide", "âpre", "cœur")),
    ("Der {} Fluß fließt {} durchs Tal.", ("große", "träge"), ("langsam", "straßenweit")),
    ("Το {} ποτάμι κυλά {}.", ("αργό", "ΜΕΓΑΣ", "ΟΔΟΣ"), ("ήσυχα", "ΠΡΟΣ Α.Σ", "Σ")),
    ("Река {} течёт {}.", ("широкая", "тихая"), ("медленно", "к морю")),
    ("İzmir'de {} IRMAK {} akar.", ("İLK", "ılık"), ("ağır", "DİNGİN")),
    ("הנהר {} זורם {}.", ("הרחב", "השָׁקֵט"), ("לאט", "\u200fאל הים\u200e")),
    ("النهر {} يجري {}.", ("الواسع", "الهادِئُ"), ("ببطء", "\u202bإلى البحر\u202c")),
    ("नदी {} बहती {}।", ("धीरे", "शान्त"), ("है", "थी")),
    ("แม่น้ำ{}ไหล{}", ("กว้าง", "เก่า"), ("ช้า", "เงียบ")),
    ("{}河は{}流れる。", ("広い", "古い", "ﾋﾛｲ"), ("静かに", "ゆっくり")),
    ("{}的河{}地流。", ("宽阔", "古老", "𠮷"), ("缓慢", "安静")),
    ("{} 강은 {} 흐른다.", ("넓은", "\u1102\u1165\u11b8\u110b\u1173\u11ab"), ("천천히", "조용히")),
    ("Sông {} chảy {}.", ("rộng", "cu\u031b\u0303"), ("chậm", "le\u0323\u0302")),
    ("{} boats, {} oars", ("12", "1,200", "٣"), ("3.14", "½", "Ⅻ")),
)
"""Templates of our own, and what fills them."""

EMOJI = (
    "😀 🙂🙃 👍🏽",
    "👩\u200d🚀 👨\u200d👩\u200d👧\u200d👦",
    "🇫🇷🇩🇪 🇯🇵",
    "❤\ufe0f ❤\ufe0e 1\ufe0f\u20e3",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
)
LOOKALIKES = (
    "<0x41>",
    "<0xE2><0x96><0x81>",
    "<pad>",
    "<bos>",
    "<eos>",
    "<unk>",
    "##ed",
    "▁",
    "[UNK]",
)
SPACES = " \t\n\v\f\r\x1c\x1f\x85\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
MARKS = "\u0301\u0323\u0307\u0328\u0334\u0345\u05b0\u064b\u093c\u0e38\u1dca\u20dd\u3099\U0001d165"
SIGMAS = "Σσςa'.\u00ad\u0301İ \u2019:1"


def golden_texts() -> list[str]:
    """Returns the texts, at least 2,000, the same at each call."""
    return list(dict.fromkeys(_texts()))


def golden_tokenizer(lowercase: bool = False) -> SubwordTokenizer:
    """Returns a tokeniser whose pieces are the most frequent parts of the sentences' words."""
    counts: Counter[str] = Counter()
    for text in _sentences():
        for word in WordTokenizer((), lowercase).pieces(text):
            for start, end in product(range(len(word)), range(1, 6)):
                if start + end <= len(word):
                    counts[word[start : start + end]] += 1
    characters = sorted(c for c in counts if len(c) == 1 and counts[c] > 2)
    longer = (p for p in counts if len(p) > 1 and set(p) <= set(characters))
    best = sorted(longer, key=lambda piece: (-counts[piece], -len(piece), piece))
    return SubwordTokenizer([*characters, *best[:700]], lowercase)


def golden_tokenizer_of(kind: str, lowercase: bool = False) -> Tokenizer:
    """Returns a tokeniser of any kind that knows a part of the sentences' pieces."""
    if kind == SubwordTokenizer.kind:
        return golden_tokenizer(lowercase)
    return TOKENIZERS[kind].learn(_sentences(), min_count=3, lowercase=lowercase)


def golden_lines(lowercase: bool = False, kind: str = SubwordTokenizer.kind) -> Iterator[str]:
    """Yields a JSON object for each text: `text` and `ids`."""
    tokenizer = golden_tokenizer_of(kind, lowercase)
    for text in golden_texts():
        yield json.dumps({"text": text, "ids": tokenizer.encode(text)})


def _sentences() -> list[str]:
    return [
        template.format(first, second)
        for template, firsts, seconds in SENTENCES
        for first, second in product(firsts, seconds)
    ]


def _texts() -> Iterator[str]:
    rng = random.Random(20)
    sentences = _sentences()
    yield from ("", " ", "  ", "a", " a", "a ", "▁a", "a▁", "\0", "a\0b", "\n")
    for sentence in sentences:
        yield from (sentence, sentence.upper(), sentence.lower(), f"  {sentence}  ")
        yield from (unicodedata.normalize(form, sentence) for form in ("NFD", "NFKC", "NFKD"))
    for first, second in pairwise([*sentences, *EMOJI, *LOOKALIKES]):
        yield first + second
    yield from EMOJI
    for first, second in product(LOOKALIKES, repeat=2):
        yield from (first + second, f"{first} {second}")
    for space in SPACES:
        yield from (space, f"the{space}river", f"{space * 3}the{space * 2} river{space}")
    yield from (f"a{chr(code)}b {chr(code)}" for code in (*range(0x20), *range(0x7F, 0xA0)))
    for first, second in product(MARKS, repeat=2):
        yield f"e{first}{second} {second}"
    for length in (2, 3, 4):
        yield from ("".join(rng.choices(SIGMAS, k=length)) for _ in range(60))
    yield "slowlow" * 1000
    for length in (33, 100, 300):
        yield from ("fließt" * length, "😀" * length, "ê\u0323" * length, "河" * length)
    words = " ".join(sentences).split()
    yield from ("".join(rng.choices(words, k=30)) for _ in range(40))
    yield from ("".join(rng.sample(word, len(word))) for word in words)
    yield from (_from(rng, range(start, start + 0x80)) for start in range(0, 0x30000, 0x80))
    yield "\u0897\u0334\u0301\u0897 \U000105d2\u0307"  # Unicode 16: a mark, and a letter with one
    planes = [range(start, start + 0x10000) for start in range(0x30000, 0x110000, 0x10000)]
    yield from (_from(rng, plane) + chr(plane[-1]) for plane in planes)
    yield "\ufdd0\ufffe\uffff"


def _from(rng: random.Random, codes: range) -> str:
    """Returns characters of a part of Unicode, in words."""
    characters = (rng.choice(codes) for _ in range(9))
    shown = "".join(chr(c) for c in characters if not 0xD800 <= c < 0xE000)
    return f"{shown[:3]} {shown[3:]}"


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--lowercase", action="store_true")
    parser.add_argument("--kind", choices=sorted(TOKENIZERS), default=SubwordTokenizer.kind)
    options = parser.parse_args()
    lines = "".join(f"{line}\n" for line in golden_lines(options.lowercase, options.kind))
    options.file.write_text(lines, encoding="ascii")


if __name__ == "__main__":
    main()
