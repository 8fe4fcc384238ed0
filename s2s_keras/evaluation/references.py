"""Pairs -> sources, each once, with all its references."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from s2s_keras.data.pairs import Pair
from s2s_keras.text import normalize

__all__ = ["ReferencedSource", "group_references"]


class ReferencedSource(NamedTuple):
    """A text and everything that is a right output for it, at least one."""

    source: str
    references: tuple[str, ...]


def group_references(pairs: Iterable[Pair]) -> list[ReferencedSource]:
    """Gathers the targets of each source, all in normalisation form C.

    Args:
        pairs: a source that stands there several times has several references, which need not
            follow each other; one that is repeated counts once.

    Returns:
        The sources in the order in which they first come, the references of each likewise.
    """
    found: dict[str, dict[str, None]] = {}
    for pair in pairs:
        found.setdefault(normalize(pair.source), {})[normalize(pair.target)] = None
    return [ReferencedSource(source, tuple(targets)) for source, targets in found.items()]
