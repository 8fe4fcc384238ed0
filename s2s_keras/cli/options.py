"""Options of decoding that several verbs take; `None` keeps what the model says."""

from __future__ import annotations

from typing import Annotated

import typer

from s2s_keras.decoding import LengthPenalty

__all__ = [
    "BeamWidth",
    "CoveragePenaltyBeta",
    "LengthPenaltyAlpha",
    "LengthPenaltyKind",
    "MinOutputLength",
    "ReplaceUnknown",
]

BeamWidth = Annotated[
    int | None, typer.Option(help="Hypotheses kept, 1 to 200; 1 is greedy. [default: the model's]")
]
LengthPenaltyAlpha = Annotated[
    float | None,
    typer.Option(help="Exponent of the length penalty, 0 to 5. [default: the model's]"),
]
LengthPenaltyKind = Annotated[
    LengthPenalty | None,
    typer.Option(help="T^alpha, or ((5 + T) / 6)^alpha. [default: the model's]"),
]
CoveragePenaltyBeta = Annotated[
    float | None,
    typer.Option(
        help="Weight of the penalty for source tokens without attention; 0 is none. "
        "[default: the model's]"
    ),
]
MinOutputLength = Annotated[
    int | None, typer.Option(help="Tokens before the end of an output. [default: the model's]")
]
ReplaceUnknown = Annotated[
    bool | None,
    typer.Option(
        help="Replace unknown tokens of an output by the source tokens they look at. "
        "[default: the model's]"
    ),
]
