"""Which tensors a file's signatures must have to fit together."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Tensors", "misfit"]

Tensors = Mapping[str, tuple[str, list[int]]]
"""Tensor -> its type and shape."""


def misfit(
    start_inputs: Tensors,
    start_outputs: Tensors,
    step_inputs: Tensors,
    step_outputs: Tensors,
    source_length: int,
    beam_width: int,
    shortlist_size: int | None = None,
) -> str | None:
    """Returns what keeps two signatures from decoding together, or `None` where nothing does.

    A stateful file's step takes `parent`, and what was encoded stays inside the interpreter; any
    other step takes what was encoded, the state once a beam. With a shortlist both also take a
    source's candidates.

    Args:
        start_inputs: of the signature that encodes a source.
        start_outputs: of the same.
        step_inputs: of the signature that advances every beam by a token.
        step_outputs: of the same.
        source_length: S, of `source_ids` (1, S).
        beam_width: B, of `token` (B,).
        shortlist_size: N, of `candidate_ids` (N,); `None` without a shortlist.
    """
    row = ("int32", [beam_width])
    candidates = [max(1, n) for n in step_outputs.get("log_probs", ("", [0]))[1][-1:]]
    answers = {
        "log_probs": ("float32", [beam_width, *candidates]),
        "token_ids": ("int32", [beam_width, *candidates]),
    }
    inputs: dict[str, tuple[str, list[int]]] = {"token": row}
    if "parent" in step_inputs:
        inputs["parent"] = row
    else:
        state_type, state_shape = start_outputs.get("state", ("float32", []))
        state = (state_type, [*state_shape[:1], beam_width, *state_shape[2:]])
        inputs |= {**start_outputs, "state": state}
        answers["state"] = state
    if shortlist_size is not None:
        inputs["candidate_ids"] = ("int32", [shortlist_size])
    if "attention" in step_outputs:
        answers["attention"] = ("float32", [beam_width, source_length])
    source = {"source_ids": ("int32", [1, source_length])}
    for what, wanted, found in (
        ("A source's inputs", source, start_inputs),
        ("A step's inputs", inputs, step_inputs),
        ("A step's outputs", answers, step_outputs),
    ):
        if wanted != dict(found):
            return f"{what} must be {_listed(wanted)}. Received: {_listed(found)}."
    return None


def _listed(tensors: Tensors) -> str:
    return ", ".join(
        f"{name} {dtype} {tuple(shape)}" for name, (dtype, shape) in sorted(tensors.items())
    )
