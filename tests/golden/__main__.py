"""Writes what Python makes of texts, for the tests of `android_demo/core` and `web_demo/core`.

`python -m tests.golden FOLDER --interpreter c_library` in an environment that has TensorFlow Lite's
C library, as Android; `--interpreter litert` in one that has LiteRT, as the browser: both sides
then run the same graph on the same interpreter. For LiteRT, whose int8 products differ between
processors, the models' twins in float32 are written there, too. Places in texts are in UTF-16
units, as on the JVM and in JavaScript.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from s2s_keras.decoding.edits import Edit
from s2s_keras.errors import InputError
from s2s_keras.runtime import Corrector, Translator
from s2s_keras.runtime.shipped import shipped_corrector, shipped_model
from s2s_keras.text import split_sentences, split_text
from s2s_keras.text.languages import LANGUAGES, foreign_spans
from s2s_keras.text.words import find_words, with_case_of
from tests.runtimes.c_library import Interpreter
from tests.text.golden import golden_texts, golden_tokenizer_of

__all__ = ["main"]

ROOT = Path(__file__).parents[2]
CORRECTIONS, TRANSLATIONS, SHIPPED = 400, 300, 150
KINDS = [(kind, lower) for kind in ("character", "subword", "word") for lower in (False, True)]
SENTENCES = (
    "She said that {} would come to the house in the morning.",
    "I have never seen {} so tired before, have you?",
    "Where did you put {}? The train leaves at eight o'clock!",
    "We must not forget {}, because nobody else will think of it.",
    "If it rains tomorrow, {} will stay at home and read a book.",
)
FILLERS = (
    "my old uncle",
    "the two children",
    "your new bicycle",
    "a doctor and his wife",
    "that small green umbrella",
    "Tom",
    "the quiet woman from Paris",
    "anybody",
)
AWKWARD = (
    "",
    " ",
    "teh",
    "Teh cat",
    "TEH CAT",
    "i think i am in london , or in paris",
    "dont you now what i ment ?",
    "He cant recieve it untill tommorow\u2019s meeting; it wasn\u2019t definately there.",
    "alot of people beleive in thier own abilitys",
    "to gether we are to day",
    "I went toteh shop and boughta newspaper",
    "see https://exmaple.com/teh or mail teh@exmaple.com, `teh code` and ``moer``",
    "```\nteh blcok\n``` teh end",
    "Er ist nicht da, aber ich habe es ihm gesagt. She is hier.",
    "Le chat est dans la maisn. The cat is in teh house.",
    "na\u00efve caf\u00e9 cafe\u0301 resum\u00e9s \U0001d54cnicode \U0001f600 teh \U00020bb7 wrod",
    "\ud800 teh lone \udc00 surrogtae",
    "M\u00fcller and Zurich adn Peking",
    "e-mial well-konwn mother-in-lwa",
    "can`t won\u00b4t it\u02bcs 'quoted wrods'",
    "x" * 60 + " teh",
)


def main() -> None:
    """Writes the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--interpreter", choices=("c_library", "litert"), required=True)
    parser.add_argument("--lines", type=int, help="how many each file has at most, default all")
    parser.add_argument("--corrections", type=int, default=CORRECTIONS, help="texts to correct")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)

    def write(name: str, lines: Iterable[dict[str, Any]]) -> None:
        texts = (f"{json.dumps(line)}\n" for line in islice(lines, arguments.lines))
        (folder / name).write_text("".join(texts), encoding="ascii")

    for kind, lowercase in KINDS:
        lines = _tokenizer_lines(kind, lowercase)
        write(f"{kind}-{'lower' if lowercase else 'any'}.jsonl", lines)
    write("texts.jsonl", map(_text_line, [*golden_texts(), *AWKWARD]))
    interpreter: Any = Interpreter
    spelling, translation = shipped_corrector("en"), shipped_model("en", "fr")
    if arguments.interpreter == "litert":
        from tests.golden.float_twin import write_float_twin

        interpreter = "ai-edge-litert"
        write("languages.jsonl", [{name: sorted(LANGUAGES[name]) for name in LANGUAGES}])
        write("shipped.jsonl", _shipped(spelling, interpreter))
        spelling = write_float_twin(spelling, folder / spelling.name)
        translation = write_float_twin(translation, folder / translation.name)
    with Corrector(spelling, interpreter=interpreter) as corrector:
        write("corrections.jsonl", islice(_corrections(corrector), arguments.corrections))
        write("judgements.jsonl", _judgements(corrector))
        write("suggestions.jsonl", _suggestions(corrector))
    with Translator(translation, interpreter=interpreter) as translator:
        write("translations.jsonl", _translations(translator))


def mistyped(text: str, rng: random.Random) -> str:
    """Returns a text in which one word in three has a slip."""

    def slip(match: re.Match[str]) -> str:
        word = match.group()
        if rng.random() > 1 / 3 or len(word) < 3:
            return word
        place = rng.randrange(1, len(word) - 1)
        left, one, two, right = word[:place], word[place], word[place + 1], word[place + 2 :]
        other = rng.choice("abcdefghijklmnopqrstuvwxyz ")
        slips = (two + one, two, one + other + two, other + two, one + one + two)
        return left + rng.choice(slips) + right

    return re.sub("[A-Za-z]+", slip, text)


def _sources() -> list[str]:
    """Returns sentences of the documentation and of the templates, shuffled."""
    files = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    texts = [template.format(filler) for template in SENTENCES for filler in FILLERS]
    for file in files:
        for paragraph in file.read_text("utf-8").split("\n\n"):
            if not paragraph.startswith(("|", "```", "#")):
                texts += map(str.strip, split_sentences(paragraph.replace("\n", " ")))
    unique = [text for text in dict.fromkeys(texts) if 3 < len(text) < 160]
    random.Random(1).shuffle(unique)
    return unique


def _tokenizer_lines(kind: str, lowercase: bool) -> Iterator[dict[str, Any]]:
    tokenizer = golden_tokenizer_of(kind, lowercase)
    yield tokenizer.definition()
    for text in golden_texts():
        ids = tokenizer.encode(text)
        decoded = tokenizer.decode(ids)
        yield {"text": text, "ids": ids, "decoded": decoded, "is_newer": _is_newer(text)}
    rng = random.Random(3)
    for _ in range(200):  # bytes that are no UTF-8, too
        ids = [rng.randrange(len(tokenizer)) for _ in range(rng.randrange(1, 12))]
        yield {"text": None, "ids": ids, "decoded": tokenizer.decode(ids)}


def _is_newer(text: str) -> bool:
    """Whether a newer Unicode than Python's may say more of a text."""
    return any(unicodedata.category(character) == "Cn" for character in text)


def _text_line(text: str) -> dict[str, Any]:
    tokenizer = golden_tokenizer_of("subword")
    return {
        "text": text,
        "is_newer": _is_newer(text),
        "lower": text.lower(),
        "words": [[_place(text, w.start), _place(text, w.end), w.text] for w in find_words(text)],
        "unprotected": [w.text for w in find_words(text, ())],
        "sentences": split_sentences(text),
        "pieces": split_text(text, tokenizer, 20) if len(text) < 2000 else None,
        "foreign": [
            [_place(text, start), _place(text, end)] for start, end in foreign_spans(text, "en")
        ],
        "cased": with_case_of(text, "wo\u00dfrd") if len(text) < 100 else None,
    }


def _corrections(corrector: Corrector) -> Iterator[dict[str, Any]]:
    rng = random.Random(2)
    sources = islice(_sources(), CORRECTIONS - len(AWKWARD))
    for index, text in enumerate([*AWKWARD, *(mistyped(text, rng) for text in sources)]):
        dial = (0.5, 0.0, 1.0, 0.75)[index % 4]
        corrector.capitals = index % 3 == 0
        found = corrector.correct(text, dial)
        yield {
            "text": text,
            "aggressiveness": dial,
            "capitals": corrector.capitals,
            "corrected": found.text,
            "edits": [_edit(text, edit) for edit in found.edits],
        }
    corrector.capitals = False


def _shipped(path: Path, interpreter: str) -> list[dict[str, Any]]:
    """Returns what the file makes of texts as it is."""
    with Corrector(path, interpreter=interpreter) as corrector:
        return list(islice(_corrections(corrector), SHIPPED))


def _judgements(corrector: Corrector) -> Iterator[dict[str, Any]]:
    """Yields single words in their contexts, with all numbers of the judgement."""
    words = corrector._words
    assert words is not None
    rng = random.Random(4)
    with corrector._borrowed() as session:
        for text in _sources()[:120]:
            typed = mistyped(text, rng)
            for word in find_words(typed)[:3]:
                left, right = typed[: word.start], typed[word.end :]
                if not words.takes(word.text):
                    continue
                judgement = words.judge(session, left, word.text, right)
                candidates = [judgement.typed, *judgement.others]
                yield {
                    "left": left,
                    "typed": word.text,
                    "right": right,
                    "left_ids": words.context.left_ids(left, word.text),
                    "right_ids": words.context.right_ids(word.text, right),
                    "is_known": judgement.is_known,
                    "is_name": judgement.is_name,
                    "is_error": judgement.is_error,
                    "candidates": [[c.text, c.log_prob, c.score, *c.features] for c in candidates],
                }


def _suggestions(corrector: Corrector) -> Iterator[dict[str, Any]]:
    rng = random.Random(5)
    for text in _sources()[120:200]:
        typed = mistyped(text, rng)
        for word in find_words(typed)[1:4]:
            end = word.start + rng.randrange(len(word.text) + 1)
            left, begun = typed[: word.start], typed[word.start : end]
            found = corrector.suggest(begun, left, k=4)
            yield {"left": left, "typed": begun, "found": [[s.text, s.probability] for s in found]}


def _translations(translator: Translator) -> Iterator[dict[str, Any]]:
    default = translator.settings
    variants = (
        replace(default, n_best=4),
        replace(default, beam_width=1),
        replace(default, n_best=2, coverage_penalty_beta=0.3, length_penalty="gnmt"),
        replace(default, length_penalty_alpha=0.0, max_output_length=6, n_best=3),
        replace(default, min_output_length=9, replace_unknown=True),
        replace(default, split_sentences=True, n_best=2, max_source_length=16),
    )
    for index, text in enumerate(_sources()[:TRANSLATIONS]):
        settings = variants[index % len(variants)]
        translator.settings = settings
        if settings.split_sentences:
            text = f"  {text} {_sources()[index + 1]}\n"
        try:
            [found] = translator.predict([text])
        except InputError:  # a word is longer than the settings allow
            found = []
        names = ("beam_width", "n_best", "length_penalty", "length_penalty_alpha")
        names += ("coverage_penalty_beta", "max_output_length", "min_output_length")
        names += ("replace_unknown", "split_sentences", "max_source_length")
        yield {
            "text": text,
            "settings": {name: getattr(settings, name) for name in names},
            "outputs": [
                {
                    "text": output.text,
                    "log_prob": output.log_prob,
                    "score": output.score,
                    "target_tokens": output.target_tokens,
                    "is_complete": output.is_complete,
                    "looked_at": None
                    if output.attention is None
                    else output.attention.argmax(axis=1).tolist(),
                }
                for output in found
            ],
            "stream": [output.text for output in translator.stream(text)]
            if found and index % 5 == 0
            else [],
        }
    translator.settings = default


def _edit(text: str, edit: Edit) -> dict[str, Any]:
    return {
        **edit._asdict(),
        "start": _place(text, edit.start),
        "end": _place(text, edit.end),
    }


def _place(text: str, place: int) -> int:
    return len(text[:place].encode("utf-16-le", "surrogatepass")) // 2


if __name__ == "__main__":
    main()
