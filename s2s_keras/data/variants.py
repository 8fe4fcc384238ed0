"""English words that are right in two spellings: `centre` and `center`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

__all__ = ["american_spelling", "spelling_variants"]

_V = "[aeiouy]"

_EXCHANGES = (
    (rf"({_V}.*)our(?!ce|se|t)", r"\1or"),  # colour, behaviour; not four, source, court
    (rf"({_V}.*[bct]|\b(?:meag|og))re(?=s?$)", r"\1er"),  # centre
    (r"(?<=[cbtg])red$", "ered"),  # centred
    (rf"({_V}.*i)s(?=(?:e[ds]?|ers?|ing|ations?|able)$)", r"\1z"),  # organise; not prise
    (r"(?<=[al]y)s(?=(?:e[ds]?|ers?|ing)$)", "z"),  # analyse
    (r"ogue(s?)$", r"og\1"),  # dialogue
    (rf"({_V}.*{_V})ll(?=(?:ed|ings?|ers?|ors?|ous|ously|ery)$)", r"\1l"),  # travelled; not filled
    (r"(\bski|\bwi)l(?=ful)", r"\1ll"),  # skilful
    (r"(fulfi|enro|insta|disti|appa|insti|enthra)l(?=s?$|ment)", r"\1ll"),
    (r"(?<=[^aeiou])ae(?=[dlmnorst]\w\w)", "e"),  # anaemia, archaeology; not haer
    (r"\bae(?=[gost])", "e"),  # aesthetic
    (r"oe(?=tus|tal|stro|soph|dema)", "e"),  # foetus
    (r"rrhoea", "rrhea"),
    (r"manoeuvr(?:e(?!d))?", "maneuver"),
    (r"\b(defen|offen|preten)ce", r"\1se"),
    (r"\blicence", "license"),
    (r"\b(mollu|di)sc(?=s?$)", r"\1sk"),
    (r"sceptic", "skeptic"),
    (r"(?<=[lmn])ou(?=l[dt])|(?<=m)ou(?=l[dt])", "o"),  # mould
    (r"plough", "plow"),
    (r"\bmum(?=s|my|$)", "mom"),
    (r"\bgrey", "gray"),
    (r"gramme(?=s?$)", "gram"),
    (r"aluminium", "aluminum"),
    (r"pyjama", "pajama"),
    (r"moustache", "mustache"),
    (r"\bcos(?=y|i)", "coz"),
    (r"(?<=dg)e(?=ment)", ""),  # judgement
    (r"ageing", "aging"),
    (r"yoghurt", "yogurt"),
    (r"whiskey", "whisky"),
    (r"omelette", "omelet"),
    (r"chilli(?=s?$|es$)", "chili"),
    (r"sulph", "sulf"),
)
"""What British spelling has, as a pattern, and what American spelling has for it."""

_COMPILED = [(re.compile(pattern), other) for pattern, other in _EXCHANGES]


def american_spelling(word: str) -> str:
    """Returns a word, in lower case, as it is spelled in America, or would be."""
    for pattern, other in _COMPILED:
        word = pattern.sub(other, word)
    return word


def spelling_variants(words: Iterable[str]) -> list[tuple[str, str]]:
    """Returns the pairs of words that are one word in two spellings, in order.

    >>> spelling_variants(["centre", "four", "center", "realised", "for", "realized"])
    [('center', 'centre'), ('realised', 'realized')]

    Args:
        words: English ones, in lower case.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(words):
        found[american_spelling(word)].append(word)
    return sorted(pair for group in found.values() for pair in combinations(group, 2))
