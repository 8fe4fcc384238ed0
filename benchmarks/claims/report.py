"""Figures in, and `docs/claims.md` out, so that no number on the page is typed by hand.

    python -m benchmarks.claims.report

A claim whose script has not been run gets a section that says so.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.claims import sections
from benchmarks.claims.output import DOCS
from s2s_keras.cli.console import note
from s2s_keras.files import write_text

__all__ = ["SECTIONS", "main", "render"]

PAGE = """# Claims

What made attention known, measured again with this package. Each section says what the paper found,
and then what its command measured here; `python -m benchmarks.claims.report` makes this page of the
figures. Where a cell reads `a (b to c)`, a is the mean over the seeds, b the smallest and c the
largest. The JSON file of a section holds every value and the recipes.
{sections}"""

SECTION = """
## {title}

{claim}

```sh
{command}
```

{body}
"""
NOT_RUN = "This has not been run: there is no `{name}.json`."
QUICK = "**These figures come from `--quick`, which only tries the script.**\n\n"


@dataclass(frozen=True)
class Section:
    """A claim and how its figures are written.

    Attributes:
        name: of the script, its JSON file and its plot.
        title: of the section.
        claim: what is claimed and where.
        write: figures -> the text with the tables.
        plots: pictures, without their suffix; those that were not drawn are left out.
        finding: whether the claim holds here, without numbers: those are in the tables.
        arguments: what the command takes beside `--out`.
    """

    name: str
    title: str
    claim: str
    write: Callable[[Mapping[str, Any]], str]
    plots: tuple[str, ...]
    finding: str = ""
    arguments: str = ""

    @property
    def command(self) -> str:
        """What makes the figures."""
        return f"python -m benchmarks.claims.{self.name} --out OUT{self.arguments}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.claims.report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--docs", type=Path, default=DOCS, help=f"default {DOCS}")
    parser.add_argument("--page", type=Path, help=f"the page, default {DOCS.with_suffix('.md')}")
    options = parser.parse_args(arguments)
    page = options.page or options.docs.with_suffix(".md")
    write_text(page, render(options.docs, os.path.relpath(options.docs, page.parent)))
    note(f"page: {page}")
    return 0


def render(docs: Path, link: str) -> str:
    """Returns the page.

    Args:
        docs: folder of the JSON files and the plots.
        link: the same folder as the page sees it.
    """
    texts = []
    for section in SECTIONS:
        path = docs / f"{section.name}.json"
        command, body = section.command, NOT_RUN.format(name=section.name)
        if path.exists():
            figures = json.loads(path.read_text(encoding="utf-8"))
            plots = [
                f"![{section.title}]({link}/{plot}.png)"
                for plot in section.plots
                if (docs / f"{plot}.png").exists()
            ]
            command = figures["command"]
            text = QUICK * figures["quick"] + section.write(figures)
            body = "\n\n".join(filter(None, [text, section.finding, *plots]))
        texts.append(
            SECTION.format(title=section.title, claim=section.claim, command=command, body=body)
        )
    return PAGE.format(sections="".join(texts))


MULTI30K = " --multi30k FOLDER"
SECTIONS = (
    Section(
        "length",
        "Long sources",
        "With attention, quality does not fall as sources become longer (Bahdanau et al. 2015, "
        "figure 2).",
        sections.length,
        ("length", "length-multi30k"),
        "It holds. Two limits show, too: without attention a model learns short sources well, and "
        "with attention quality still falls beyond the lengths seen in training.",
    ),
    Section(
        "scores",
        "Score functions and input feeding",
        "Luong et al. (2015, section 4.4 and table 4) compare score functions, global and local "
        "attention, and input feeding.",
        sections.scores,
        ("scores",),
        "The paper's ranking does not hold here. Input feeding brings no quality on dates and "
        "costs training speed. `local-p`, the best in the paper, is among the slowest to learn, "
        "likely because which word of a date comes next depends on the locale more than on the "
        "position. `scaled_dot` starts with flatter weights than `dot` and needs more steps. The "
        "budget is short on purpose; where seeds lie far apart, read the steps and not the last "
        "value.",
    ),
    Section(
        "reversal",
        "Reversing the source",
        "Without attention, reading the source backwards makes learning easier (Sutskever et al. "
        "2014, section 3.3). With attention there is less to gain.",
        sections.reversal,
        ("reversal",),
        "It holds: without attention the model that reads backwards is better with every seed; "
        "with attention there is next to nothing left to gain.",
    ),
    Section(
        "sampling",
        "Scheduled sampling",
        "A model that sees more and more of its own tokens in training makes fewer errors when it "
        "decodes, and one that sees only those from the start learns badly (Bengio et al. 2015, "
        "section 4).",
        sections.sampling,
        ("sampling",),
        "Half of it holds. A model that sees its own tokens alone from the start is far behind. "
        "But no schedule beats teacher forcing here, likely because on this task, with attention, "
        "there are few errors of the kind that sampling teaches to live with.",
    ),
    Section(
        "beam",
        "Beam width and length normalisation",
        "Wider beams help at first and harm later, as outputs become too short; normalising by "
        "length mends most of it (Koehn and Knowles 2017, section 3.6; Wu et al. 2016, section 7).",
        sections.beam,
        ("beam", "beam-grid"),
        "It holds: ranked by log p, BLEU falls in wide beams as outputs become shorter; divided "
        "by the length, it stays where it is, up to the widest. The intervals of neighbouring "
        "widths overlap widely, and those of the best and the widest beam a little. A large "
        "coverage penalty harms.",
        arguments=MULTI30K,
    ),
    Section(
        "alignment",
        "Alignments",
        "Attention weights align the two sentences, mostly along the diagonal, and turn adjective "
        "and noun around where French does (Bahdanau et al. 2015, section 5.2.1 and figure 3).",
        sections.alignment,
        ("alignment-diagonal", "alignment-swapped"),
        "It holds.",
        arguments=MULTI30K,
    ),
    Section(
        "recurrent_against_transformer",
        "Recurrent models and the Transformer on the device",
        "It is often said that recurrent models decode 10 to 100 times as fast as a Transformer on "
        "small devices.",
        sections.recurrent_against_transformer,
        ("recurrent_against_transformer",),
        "It does not hold here: a recurrent step is several times as fast as a Transformer's, and "
        "a whole text two to three times. The LSTM takes a little longer than the GRU, and a "
        "larger file, at the same quality.",
    ),
)


if __name__ == "__main__":
    sys.exit(main())
