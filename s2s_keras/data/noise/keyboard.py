"""Keyboard layouts: which keys a finger hits instead of another."""

from __future__ import annotations

from functools import cached_property

__all__ = ["LAYOUTS", "Keyboard"]

LAYOUTS: dict[str, tuple[str, ...]] = {
    "qwerty": ("1234567890-", "qwertyuiop[", "asdfghjkl;'", "zxcvbnm,./"),
    "qwertz": ("1234567890ß", "qwertzuiopü", "asdfghjklöä", "yxcvbnm,.-"),
    "azerty": ("&é\"'(-è_çà)", "azertyuiop^", "qsdfghjklmù", "wxcvbn,;:!"),
}
"""The rows of keys of each layout, from the digits down."""

_STAGGER = (0.0, 0.5, 0.75, 1.25)
"""How far each row begins to the right of the digits, in widths of a key."""

_REACH = 1.3
"""The distance of two keys that are neighbours, in widths of a key."""


class Keyboard:
    """The keys of a layout, and what lies next to each.

    >>> Keyboard("qwerty").neighbours("g")
    'tyfhvb'

    Args:
        layout: one of `LAYOUTS`.

    Raises:
        ValueError: there is no such layout.
    """

    def __init__(self, layout: str = "qwerty") -> None:
        if layout not in LAYOUTS:
            raise ValueError(f"`layout` must be one of {sorted(LAYOUTS)}. Received: {layout!r}.")
        self.layout = layout

    @cached_property
    def _places(self) -> dict[str, tuple[float, float]]:
        """Each key's place: to the right of the first digit and below it."""
        return {
            key: (column + _STAGGER[row], float(row))
            for row, keys in enumerate(LAYOUTS[self.layout])
            for column, key in enumerate(keys)
        }

    @cached_property
    def _neighbours(self) -> dict[str, str]:
        return {
            key: "".join(
                other
                for other, (u, v) in self._places.items()
                if other != key and other.isalpha() and (x - u) ** 2 + (y - v) ** 2 <= _REACH**2
            )
            for key, (x, y) in self._places.items()
        }

    def neighbours(self, character: str) -> str:
        """Returns the letters next to a character's key, in its case; none where it has no key."""
        found = self._neighbours.get(character.lower(), "")
        return found.upper() if character.isupper() else found
