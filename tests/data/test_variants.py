"""Which English words are one in two spellings."""

import pytest

from s2s_keras.data.variants import spelling_variants

BRITISH = """centre theatre centred colour behaviour favourite neighbours honourable organise
organisation realising analyse catalogue travelled marvellous counsellor fulfil skilful instalment
anaesthetic archaeology aesthetic foetus diarrhoea manoeuvre defence licence mollusc sceptical mould
plough mum mummy grey programme aluminium pyjamas moustache cosy judgement ageing yoghurt chilli
sulphur"""
AMERICAN = """center theater centered color behavior favorite neighbors honorable organize
organization realizing analyze catalog traveled marvelous counselor fulfill skillful installment
anesthetic archeology esthetic fetus diarrhea maneuver defense license mollusk skeptical mold
plow mom mommy gray program aluminum pajamas mustache cozy judgment aging yogurt chili
sulfur"""


def test_british_and_american_words_are_variants() -> None:
    british, american = BRITISH.split(), AMERICAN.split()
    expected = sorted(tuple(sorted(pair)) for pair in zip(british, american, strict=True))
    assert spelling_variants([*british, *american]) == expected


@pytest.mark.parametrize(
    "words",
    [
        "four for",
        "fourth forth",
        "three there",
        "per pre",
        "der dre",
        "prise prize",
        "filled filed",
        "willing wiling",
        "taller taler",
        "shoes shes",
        "boeing being",
        "mourning morning",
        "course corse",
        "advice advise",
        "poured pored",
        "flour flor",
        "allow alow",
        "disc disco",
        "since sense",
        "haer her",
        "angre anger",
        "skils skills",
    ],
)
def test_words_that_differ_are_none(words: str) -> None:
    assert spelling_variants(words.split()) == []
