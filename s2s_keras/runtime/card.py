"""A model file -> its card: what a person should know before using it, in Markdown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from s2s_keras.runtime.artifact import Artifact
from s2s_keras.runtime.seq2seq_lite import default_settings

__all__ = ["model_card"]

SHARES = {
    "exact_match": "exact match",
    "character_error_rate": "character error rate",
    "fix_rate": "fix rate: corrupted words restored",
    "broken_rate": "broken rate: correct words changed",
}
"""Figures that are shares, by their names in `model.json`; the last two mean nothing for a
translation."""

LIMITS = """\
It knows what stands in its data and nothing else. Texts of other kinds, lengths or times come out
worse, and it does not say so; names and numbers may come out wrong. A likely output is not a true
one: where it matters, a person should read what it wrote."""


def model_card(artifact: Artifact, commands: Sequence[str] = ()) -> str:
    """Writes the card of a model file from its `model.json`.

    Args:
        artifact: what `read_artifact` returned.
        commands: those that make the file again; the section is left out where there is none.

    Raises:
        ArtifactError: a setting of `model.json` lies outside its range.
    """
    metadata = artifact.metadata
    quality = _mapping(metadata.get("quality"))
    data = _mapping(quality.get("data"))
    content = artifact.path.read_bytes()
    sections = {
        "Learned from": _table(
            {"data": data.get("name", "not stated"), "licence": data.get("licence", "not stated")}
        ),
        "How good it is": _quality(metadata, quality),
        "What it takes": _table(_sizes(artifact)),
        "Limits": LIMITS,
        "Use": _code([_use(artifact)]),
    }
    if commands:
        sections["Made again"] = _code(commands)
    sections["File"] = _table(
        {
            "size": f"{len(content):,} bytes",
            "SHA-256": f"`{hashlib.sha256(content).hexdigest()}`",
        }
    )
    parts = [f"# {_cell(metadata.get('name', artifact.path.stem))}", _summary(artifact)]
    parts += [f"## {title}\n\n{text}" for title, text in sections.items()]
    return "\n\n".join(parts) + "\n"


def _summary(artifact: Artifact) -> str:
    metadata = artifact.metadata
    languages = [metadata.get(f"{side}_language") for side in ("source", "target")]
    what = {"translation": "translates texts", "correction": "corrects texts"}.get(
        str(metadata.get("task")), "turns texts into others"
    )
    if all(languages):
        what += " from `{}` to `{}`".format(*map(_cell, languages))
    return f"A recurrent sequence-to-sequence model in one TFLite file that {what}."


def _use(artifact: Artifact) -> str:
    """Returns the command that runs the file; one that is named after its languages ships."""
    metadata, path = artifact.metadata, artifact.path
    source, target = (metadata.get(f"{side}_language") for side in ("source", "target"))
    if artifact.lexicon is not None:
        return f"s2s-keras correct --model {path.name} 'TEXT'"
    if path.stem == f"{source}-{target}":
        return f"s2s-keras translate --from {source} --to {target} 'TEXT'"
    return f"s2s-keras predict {path.name} 'TEXT'"


def _quality(metadata: Mapping[str, Any], quality: Mapping[str, Any]) -> str:
    rows = {}
    for name, value in quality.items():
        if isinstance(value, Mapping) and _is_number(value.get("score")):
            rows[value.get("signature", name)] = _interval(name, value)
        elif name in SHARES and _is_number(value):
            is_of_words = name in ("fix_rate", "broken_rate")
            if not (is_of_words and metadata.get("task") == "translation"):
                rows[SHARES[name]] = f"{value:.1%}"
        elif name == "perplexity" and _is_number(value):
            rows["perplexity of a token in its context"] = f"{value:.2f}"
    if not rows:
        return "Not measured."
    lines = [f"Of the model before its conversion, on {_count(quality.get('pairs'))} dev pairs:"]
    lines += ["", _table(rows, "figure")]
    parity = _mapping(metadata.get("parity"))
    if _is_number(parity.get("same_best")):
        lines += [
            "",
            f"The file gave the same best output for {parity['same_best']:.1%} of "
            f"{_count(parity.get('texts'))} dev sources; its weights are stored as "
            f"`{_cell(metadata.get('quantization'))}`.",
        ]
    return "\n".join(lines)


def _interval(name: str, figure: Mapping[str, Any]) -> str:
    text = f"{name} {figure['score']:.2f}"
    if _is_number(figure.get("low")) and _is_number(figure.get("high")):
        text += f" (95 %: {figure['low']:.2f} to {figure['high']:.2f})"
    return text


def _sizes(artifact: Artifact) -> dict[str, str]:
    settings = default_settings(artifact)
    source, target = artifact.source_tokenizer, artifact.target_tokenizer
    return {
        "source": f"up to {settings.max_source_length} {source.kind}s; longer texts in pieces",
        "output": f"up to {settings.max_output_length} {target.kind}s",
        "vocabularies": f"{len(source):,} and {len(target):,} {source.kind}s",
        "beam width": f"{settings.beam_width}",
    }


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "unknown"


def _table(rows: Mapping[str, object], first: str = "") -> str:
    lines = [f"| {first} | |", "|---|---|"]
    return "\n".join([*lines, *(f"| {_cell(k)} | {_cell(v)} |" for k, v in rows.items())])


def _cell(value: object) -> str:
    """Returns what cannot break out of a table's row, whatever a file says."""
    return " ".join(str(value).split()).replace("|", "\\|")


def _code(lines: Iterable[str]) -> str:
    return "\n".join(["```sh", *lines, "```"])
