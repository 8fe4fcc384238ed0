from random import Random

import numpy as np
import pytest

from s2s_keras.data.batches import make_dataset
from s2s_keras.data.mistyped_texts import MistypedTexts, Mistyper, TextCutter
from s2s_keras.data.noise import Noise
from s2s_keras.text import EOS_ID, SubwordTokenizer, with_end
from s2s_keras.text.context import END, word_steps

TEXTS = [
    "The cat sat, and the cats did NOT sit.",
    "See www.cat.org: don\u2019t sit there!",
    "",
    "A very very long text about a cat that sat and sat and sat near the other cat all day.",
]
TOKENIZER = with_end(SubwordTokenizer.learn(TEXTS, max_size=60, lowercase=True))


def texts(rates=None, longest=40, lines=TEXTS, **options):
    mistyper = Mistyper(Noise(rates or {}, **options), TOKENIZER)
    return MistypedTexts(lines, mistyper, TextCutter(TOKENIZER, longest))


def test_clean_texts_are_typed_as_they_were_meant_with_an_end():
    found = texts()
    assert len(found) == 3
    assert found[0] == (TEXTS[0] + END, TEXTS[0])
    assert found[1].target == "See www.cat.org: don't sit there!"
    assert found[:2] == [found[0], found[1]]
    with pytest.raises(IndexError):
        found[3]


def test_words_are_mistyped_in_their_places_and_the_target_is_not():
    found = texts({"doubling": 0.5})
    steps = word_steps(TOKENIZER)
    changed = 0
    for draw in range(20):
        for index in range(len(found)):
            source, target = found.mistype(index, Random(draw))
            assert target == found[index].target
            assert len(source.split()) == len(target.split())
            words = zip(source.removesuffix(END).split(), target.split(), strict=True)
            changed += sum(typed != meant for typed, meant in words)
            assert (
                steps[TOKENIZER.encode(source)][:-1].sum() == steps[TOKENIZER.encode(target)].sum()
            )
    assert changed > 100
    assert found.mistype(0, Random(3)) == found.mistype(0, Random(3))
    assert len({found.mistype(2, Random(draw)).source for draw in range(9)}) > 5


def test_some_texts_are_unfinished():
    cutter = TextCutter(TOKENIZER, 40)
    found = MistypedTexts(TEXTS, Mistyper(Noise({}), TOKENIZER, 0.5), cutter)
    whole = found[0].target
    ends = [found.mistype(0, Random(draw)) for draw in range(200)]
    targets = {target for _, target in ends}
    assert all(source == target + END for source, target in ends)
    assert whole in targets and "The" in targets and "The cat sat" in targets
    assert "The cat sat, and the cats did NOT sit" in targets
    assert 60 < sum(target == whole for _, target in ends) < 140
    assert all(whole.startswith(target) and target[-1].isalpha() for target in targets - {whole})
    every = MistypedTexts(TEXTS, Mistyper(Noise({}), TOKENIZER, 1.0), cutter)
    assert every[0].target == whole


def test_no_space_comes_or_goes():
    for kind in ("split", "run_together"):
        found = texts({kind: 1.0})
        assert found.mistype(0, Random(0)) == found[0]


def test_long_texts_are_cut_between_words():
    found = texts(longest=12)
    parts = [found[i].target for i in range(len(found))]
    assert " ".join(parts) == " ".join(t.replace("\u2019", "'") for t in TEXTS if t)
    assert len(parts) > 3
    assert all(len(TOKENIZER.encode(part)) <= 12 for part in parts)
    assert len(texts(longest=1, lines=["abcdefgh"])) == 0


def test_lengths_are_room_for_most_draws_and_batches_hold_them_all():
    found = texts({"doubling": 0.3})
    room = found.lengths()
    exact = [[len(side) for side in found.draw(i, None)] for i in range(len(found))]
    assert (room[:, 1] == np.array(exact)[:, 1]).all() and (
        room[:, 0] >= np.array(exact)[:, 0]
    ).all()
    assert found.target_tokens == np.array(exact)[:, 1].sum()
    source, target = found.draw(0, np.random.default_rng(0))
    assert TOKENIZER.tokens[source[-1]] == END and target[-1] == EOS_ID
    batches = make_dataset(found, 2, [16, 41], seed=1, target_bucket_lengths=[16, 41])
    first, again = ([batches[i][1].tolist() for i in range(len(batches))] for _ in range(2))
    assert first == again and sum(map(len, first)) == 3
