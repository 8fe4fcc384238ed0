"""A language, or a pair of them -> the model file that ships with the package."""

from __future__ import annotations

from pathlib import Path

from s2s_keras.errors import ArtifactError

__all__ = ["shipped_corrector", "shipped_languages", "shipped_model", "shipped_models"]

MODELS = Path(__file__).parent.parent / "models"
"""Holds `SOURCE-TARGET.tflite` and `LANGUAGE.tflite`, with ISO 639-1 codes, and their cards."""


def shipped_languages() -> list[tuple[str, str]]:
    """Returns source and target language of each translator that ships, in order."""
    names = sorted(path.stem for path in MODELS.glob("??-??.tflite"))
    return [(name[:2], name[3:]) for name in names]


def shipped_models() -> list[Path]:
    """Returns the files of all models that ship, correctors first."""
    return [
        path for pattern in ("??.tflite", "??-??.tflite") for path in sorted(MODELS.glob(pattern))
    ]


def shipped_model(source: str, target: str) -> Path:
    """Returns the file of the translator from one language to another.

    Args:
        source: ISO 639-1 code, in any case.
        target: likewise.

    Raises:
        ArtifactError: none ships for that pair; names those that do.
    """
    languages = (source.lower(), target.lower())
    ships = shipped_languages()
    if languages not in ships:
        rule = "No translator ships with this installation."
        if ships:
            known = ", ".join(" to ".join(pair) for pair in ships)
            rule = f"The languages must be those of a translator that ships: {known}."
        raise ArtifactError(
            f"{rule} Received: {source} to {target}. Train and export a model for others, and give "
            "its file to `predict`."
        )
    return MODELS / f"{languages[0]}-{languages[1]}.tflite"


def shipped_corrector(language: str) -> Path:
    """Returns the file of the corrector of a language.

    Args:
        language: ISO 639-1 code, in any case.

    Raises:
        ArtifactError: none ships for that language; names those that do.
    """
    path = MODELS / f"{language.lower()}.tflite"
    ships = sorted(found.stem for found in MODELS.glob("??.tflite"))
    if path.stem not in ships:
        rule = "No corrector ships with this installation."
        if ships:
            rule = f"The language must be that of a corrector that ships: {', '.join(ships)}."
        raise ArtifactError(
            f"{rule} Received: {language}. Train and export a model for it, and give its file."
        )
    return path
