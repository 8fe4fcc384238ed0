"""A Keras model -> the one `.tflite` file: convert, check the operators, write, prove parity."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from s2s_keras.decoding import DecodingSettings, Predictor
from s2s_keras.errors import ArtifactError, ExportError
from s2s_keras.export.functions import SORTED
from s2s_keras.export.gathered_rows import keep_gathered_rows_int8
from s2s_keras.export.parity import Parity, check_parity
from s2s_keras.export.quantization import QUANTIZATIONS
from s2s_keras.export.requirements import check_can_export, in_float32
from s2s_keras.export.signatures import save_signatures, signature_keys
from s2s_keras.files import atomic_path, make_folder
from s2s_keras.model import Seq2Seq
from s2s_keras.runtime import TFLiteSession, read_artifact, write_artifact
from s2s_keras.runtime.graph import builtin_operators, foreign_operators, loop_outputs
from s2s_keras.text import Lexicon, Shortlist
from s2s_keras.text.tokenizer import SPECIAL_TOKENS

__all__ = ["ExportReport", "export_tflite"]

FLOAT_TOLERANCE = 1e-3
"""Largest difference of a log-probability, in nats, that an unquantised file may show."""

FLOAT_SAME_BEAMS = 0.98
"""Smallest share of texts with the same beams in an unquantised file; the rest may be ties."""

SHORTEST_BUCKET = 16
"""Tokens; below it a graph for shorter sources saves next to nothing."""


@dataclass(frozen=True)
class ExportReport:
    """What an export made.

    Attributes:
        path: the file.
        size_bytes: its size.
        quantization: the recipe's name.
        operators: builtin operator -> times used, over all subgraphs.
        parity: how far it lies from the Keras model.
    """

    path: Path
    size_bytes: int
    quantization: str
    operators: dict[str, int]
    parity: Parity


def export_tflite(
    model: Seq2Seq,
    path: str | Path,
    sample: Sequence[str],
    settings: DecodingSettings,
    *,
    quantization: str = "dynamic_range",
    candidates: int | None = None,
    source_buckets: Sequence[int] | None = None,
    stateful: bool = False,
    shortlist: Shortlist | None = None,
    lexicon: Lexicon | None = None,
    min_same_best: float = 0.9,
    card: Mapping[str, Any] | None = None,
) -> ExportReport:
    """Exports a model to one file and proves that the file computes what the model computes.

    The file appears at `path` only after every check has passed.

    Args:
        model: built; any backend may have trained it, but this runs on TensorFlow's.
        path: the file to write, `.tflite`.
        sample: texts for the proof, at least one; dev sources are a good choice. `int8` also takes
            its ranges from them.
        settings: beam width, lengths, penalties and treatment of unknown tokens that the file is
            made for; `max_source_length` must be given.
        quantization: a key of `QUANTIZATIONS`.
        candidates: C, the likeliest tokens that a step returns; where not given, all of a
            vocabulary of up to 256. Else as many as there are beams and special tokens: no search
            takes more from one row.
        source_buckets: source lengths in tokens for which the file holds graphs of their own, so
            that a short source does not pay for a long one; `max_source_length` always is one.
            Where not given, a quarter of it, a sixteenth and so on down to 16: each takes room in
            the file, and more in memory, where interpreters keep weights once for each graph.
        stateful: keeps memory and state inside the interpreter, in variables; see
            `save_signatures`.
        shortlist: restricts a source's outputs to its candidates, for large vocabularies; see
            `learn_shortlist`. The file's softmax runs over them alone, and in the proof so does the
            Keras model's; how many outputs are those of the whole vocabulary is reported, not
            judged.
        lexicon: the words that a corrector chooses among, for a model that looks ahead, and only
            for one; goes into the file, whose steps then return all tokens.
        min_same_best: the smallest share of the sample, 0 to 1, whose best output must be the
            Keras model's.
        card: what `model.json` says of the model beside what is known here: task, training data
            with licences, measured quality.

    Raises:
        ValueError: an argument lies outside its range.
        ExportError: the backend is not TensorFlow, the conversion failed, the file would need
            operators that are not builtin, or parity does not hold.
        OSError: the folder cannot be made or written.
    """
    if quantization not in QUANTIZATIONS:
        raise ValueError(
            f"`quantization` must be one of {sorted(map(str, QUANTIZATIONS))}. "
            f"Received: {quantization!r}."
        )
    if (lexicon is not None) != model.options["looks_ahead"]:
        raise ValueError(
            "A model that looks ahead tells words of a `lexicon`, and no other model does. "
            f"Received: looks_ahead={model.options['looks_ahead']}, "
            f"{'no' if lexicon is None else 'a'} lexicon."
        )
    if lexicon is not None and (candidates is not None or shortlist is not None or stateful):
        raise ValueError(
            "A corrector judges words by every token of a step, and goes back to states: with "
            "`lexicon`, leave `candidates`, `shortlist` and `stateful` out."
        )
    longest = check_can_export(settings, sample)
    model = in_float32(model)
    path = Path(path)
    make_folder(path.parent)
    whole = len(model.target_tokenizer)
    vocabulary = whole if shortlist is None else shortlist.size
    beam_widths = sorted({1, settings.beam_width})
    by_width = {
        width: candidates
        or (width + len(SPECIAL_TOKENS) if whole > SORTED and lexicon is None else vocabulary)
        for width in beam_widths
    }
    if shortlist is not None:
        _check_shortlist(shortlist, model, candidates or settings.beam_width)
    graph, signatures = _convert(
        model,
        quantization,
        source_lengths=_buckets(longest, source_buckets),
        candidates={width: min(vocabulary, count) for width, count in by_width.items()},
        stateful=stateful,
        shortlist_size=None if shortlist is None else shortlist.size,
    )
    if foreign := foreign_operators(graph):
        raise ExportError(
            f"The file would need operators that are not builtin: {', '.join(foreign)}."
        )
    if direct := loop_outputs(graph):
        raise ExportError(
            "No output of a signature may be a loop's own: LiteRT's CompiledModel fails there, or "
            f"answers with another tensor. Received: {', '.join(direct)}."
        )
    metadata = {
        **(card or {}),
        **settings.as_metadata(),
        "signatures": signatures,
        "quantization": str(quantization),
    }
    members = (model.source_tokenizer, model.target_tokenizer, shortlist, lexicon)
    finish = QUANTIZATIONS[quantization].finish
    with atomic_path(path) as temporary:
        write_artifact(temporary, graph, metadata, *members)
        if finish is not None:
            graph = finish(read_artifact(temporary), sample, settings)
            write_artifact(temporary, graph, metadata, *members)
        parity = _prove(model, temporary, sample, settings, quantization, min_same_best, shortlist)
        metadata["parity"] = parity.as_dict()
        write_artifact(temporary, graph, metadata, *members)
    size_bytes = path.stat().st_size
    return ExportReport(path, size_bytes, str(quantization), builtin_operators(graph), parity)


def _buckets(longest: int, given: Sequence[int] | None) -> list[int]:
    """Returns the source lengths, ascending; the longest is one of them."""
    if given is None:
        given = [longest // 4**k for k in range(1, 8) if longest // 4**k >= SHORTEST_BUCKET]
    if not all(isinstance(length, int) and 1 <= length <= longest for length in given):
        raise ValueError(
            f"`source_buckets` must be lengths of 1 to `max_source_length`, {longest} tokens. "
            f"Received: {list(given)}."
        )
    return sorted({*given, longest})


def _check_shortlist(shortlist: Shortlist, model: Seq2Seq, candidates: int) -> None:
    vocabularies = (len(model.source_tokenizer), len(model.target_tokenizer))
    if (shortlist.source_size, shortlist.target_size) != vocabularies:
        raise ValueError(
            f"`shortlist` must be one of the model's vocabularies, of {vocabularies[0]} and "
            f"{vocabularies[1]} tokens. Received: one of {shortlist.source_size} and "
            f"{shortlist.target_size}."
        )
    if shortlist.size < candidates:
        raise ValueError(
            f"A step returns {candidates} candidates, and `shortlist` must hold at least as many. "
            f"Received: {shortlist.size}. Take a larger one, or a smaller beam."
        )


def _convert(model: Seq2Seq, quantization: str, **options: Any) -> tuple[bytes, dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="s2s-keras-") as folder:
        try:
            signatures = save_signatures(model, folder, **options)
            converter = tf.lite.TFLiteConverter.from_saved_model(
                folder, signature_keys=signature_keys(signatures)
            )
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            converter.experimental_enable_resource_variables = options["stateful"]
            QUANTIZATIONS[quantization].configure(converter)
            graph = bytes(converter.convert())
            if options["shortlist_size"] is not None:
                graph = keep_gathered_rows_int8(graph)
            return graph, signatures
        except Exception as error:  # the converter raises many types
            named = sorted(set(re.findall(r"tf\.\w+", str(error))))
            raise ExportError(
                "TensorFlow's converter failed"
                + (f" on operators without a builtin form: {', '.join(named)}." if named else ".")
                + f" It said: {str(error).strip().partition(chr(10))[0]}"
            ) from error


def _prove(
    model: Seq2Seq,
    path: Path,
    sample: Sequence[str],
    settings: DecodingSettings,
    quantization: str,
    min_same_best: float,
    shortlist: Shortlist | None,
) -> Parity:
    # Beams are compared, and draws would differ by a rounding.
    settings = replace(settings, n_best=settings.beam_width, allow_unknown=True, temperature=None)
    try:
        session = TFLiteSession(read_artifact(path))
    except ArtifactError as error:
        raise ExportError(f"The exported file does not load: {error}") from error
    tokenizers = (model.source_tokenizer, model.target_tokenizer)
    exported = Predictor(session, *tokenizers, settings)
    parity = check_parity(model, exported, sample, session.beam_widths, shortlist)
    if quantization == "none" and not parity.max_difference <= FLOAT_TOLERANCE:
        raise ExportError(
            f"The file's log-probabilities must lie within {FLOAT_TOLERANCE} of the Keras model's. "
            f"Largest difference: {parity.max_difference:.2g}."
        )
    if quantization == "none" and parity.same_beams < FLOAT_SAME_BEAMS:
        raise ExportError(
            f"At least {FLOAT_SAME_BEAMS:.0%} of the file's beams must be the Keras model's. "
            f"Received: {parity.same_beams:.1%} of {parity.texts}."
        )
    if parity.same_best < min_same_best:
        raise ExportError(
            f"At least {min_same_best:.0%} of the file's best outputs must be the Keras model's. "
            f"Received: {parity.same_best:.1%} of {parity.texts}. Train longer, or export with "
            "`--quantize none` or a smaller `--min-same-best`."
        )
    return parity
