"""Slips of the finger, of the ear and of the shift key: one word in, one mistyped word out."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Concatenate, TypeAlias

from s2s_keras.data.noise.keyboard import Keyboard

__all__ = ["PHONETIC", "SLIPS", "Slip"]

Slip: TypeAlias = Callable[Concatenate[str, Random, Keyboard, ...], str]
"""Returns a mistyped word; the word itself where there is no such slip of it."""

_SOUNDS = """
a/e ai/ay/ei able/ible ance/ence ant/ent ar/er/or c/s/ss c/k/ck/ch ch/tch ci/si/ti
cion/sion/tion cks/x dg/g/j e/i ea/ee/ie ei/ie er/re ew/oo/u f/ph/ff/gh ful/full ge/je gn/n
kn/n/nn i/y/ie ize/ise l/ll le/el/al m/mm/mb mn/m o/u/ou oa/o/ow oo/ou ough/uff our/or ous/us
p/pp qu/kw r/rr/wr s/z/zz sc/s/sh se/ce t/tt th/t/d ur/ir/er v/f w/wh y/ey ys/ies
"""

PHONETIC: tuple[tuple[str, ...], ...] = tuple(
    tuple(sounds.split("/")) for sounds in _SOUNDS.split()
)
"""Spellings that sound alike somewhere in English."""

_ALIKE = {
    spelling: tuple(
        other for sounds in PHONETIC if spelling in sounds for other in sounds if other != spelling
    )
    for sounds in PHONETIC
    for spelling in sounds
}
_LONGEST_SOUND = max(map(len, _ALIKE))


def _inner(word: str, rng: Random, first: int = 1) -> int | None:
    """Returns a position behind the first letter, or none: first letters are rarely wrong."""
    return rng.randrange(first, len(word)) if len(word) > first else None


def _omission(word: str, rng: Random, keyboard: Keyboard) -> str:
    """Leaves a character out."""
    at = _inner(word, rng)
    return word if at is None or len(word) < 3 else word[:at] + word[at + 1 :]


def _insertion(word: str, rng: Random, keyboard: Keyboard) -> str:
    """Hits a key and one next to it."""
    at = rng.randrange(len(word))
    near = keyboard.neighbours(word[at])
    if not near:
        return word
    at += rng.randrange(2) if at else 1
    return word[:at] + rng.choice(near) + word[at:]


def _substitution(word: str, rng: Random, keyboard: Keyboard) -> str:
    """Hits the key next to the right one."""
    at = _inner(word, rng)
    near = "" if at is None else keyboard.neighbours(word[at])
    return word[:at] + rng.choice(near) + word[at + 1 :] if near and at is not None else word


def _first_letter(word: str, rng: Random, keyboard: Keyboard) -> str:
    """Misses the first key, swaps it with the second, or leaves it out."""
    if len(word) < 2:
        return word
    near = keyboard.neighbours(word[0])
    kind = rng.randrange(4)
    if kind == 0:
        return word[1] + word[0] + word[2:]
    if kind == 1 and len(word) > 3:
        return word[1:]
    return rng.choice(near) + word[1:] if near else word


def _doubling(word: str, rng: Random, keyboard: Keyboard) -> str:
    """Types a letter twice, or one of a double letter once."""
    doubled = [at for at in range(1, len(word)) if word[at] == word[at - 1]]
    if doubled and rng.random() < 0.5:
        at = rng.choice(doubled)
        return word[:at] + word[at + 1 :]
    at = rng.randrange(len(word))
    return word[:at] + word[at] + word[at:]


def _transposition(word: str, rng: Random, keyboard: Keyboard) -> str:
    """Types two letters behind the first in the wrong order."""
    at = _inner(word, rng, 2)
    return word if at is None else word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def _phonetic(word: str, rng: Random, keyboard: Keyboard) -> str:
    """Spells a sound in another way."""
    places = [
        (at, end)
        for at in range(len(word))
        for end in range(at + 1, min(at + _LONGEST_SOUND, len(word)) + 1)
        if word[at:end] in _ALIKE
    ]
    if not places:
        return word
    at, end = rng.choice(places)
    return word[:at] + rng.choice(_ALIKE[word[at:end]]) + word[end:]


def _apostrophe(word: str, rng: Random, keyboard: Keyboard) -> str:
    """Leaves out the apostrophe, or puts it in the wrong place."""
    at = word.find("'")
    if at < 0:
        return word[:-1] + "'" + word[-1] if len(word) > 2 and word[-1] == "s" else word
    bare = word[:at] + word[at + 1 :]
    at += -1 if rng.random() < 0.5 else 1
    return bare if rng.random() < 0.8 or not 0 < at < len(bare) else bare[:at] + "'" + bare[at:]


def _case(word: str, rng: Random, keyboard: Keyboard) -> str:
    """Holds the shift key too long or not at all."""
    if word[0].isupper():
        return word.lower()
    return word[:2].upper() + word[2:] if rng.random() < 0.3 else word[0].upper() + word[1:]


SLIPS: dict[str, Slip] = {
    slip.__name__.removeprefix("_"): slip
    for slip in (
        _omission,
        _insertion,
        _substitution,
        _first_letter,
        _doubling,
        _transposition,
        _phonetic,
        _apostrophe,
        _case,
    )
}
"""All slips within one word, by name."""
