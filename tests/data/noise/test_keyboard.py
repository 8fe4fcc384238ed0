import pytest

from s2s_keras.data.noise import LAYOUTS, Keyboard


@pytest.mark.parametrize(
    "layout, key, neighbours",
    [
        ("qwerty", "g", "tyfhvb"),
        ("qwerty", "a", "qwsz"),
        ("qwerty", "p", "ol"),
        ("qwertz", "z", "tugh"),
        ("qwertz", "y", "asx"),
        ("qwertz", "ü", "ßpöä"),
        ("azerty", "q", "azsw"),
        ("azerty", "m", "plù"),
    ],
)
def test_neighbours_are_the_letters_around_a_key(layout, key, neighbours):
    assert set(Keyboard(layout).neighbours(key)) == set(neighbours)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_neighbours_are_mutual(layout):
    keyboard = Keyboard(layout)
    letters = [key for row in LAYOUTS[layout] for key in row if key.isalpha()]
    for one in letters:
        for other in keyboard.neighbours(one):
            assert one in keyboard.neighbours(other)


def test_neighbours_have_the_case_of_the_key():
    keyboard = Keyboard()
    assert keyboard.neighbours("G") == keyboard.neighbours("g").upper()


def test_character_without_a_key_has_no_neighbours():
    assert Keyboard().neighbours("é") == ""
    assert Keyboard("azerty").neighbours("é") != ""


def test_unknown_layout_is_refused():
    with pytest.raises(ValueError, match="must be one of .*azerty.* Received: 'dvorak'"):
        Keyboard("dvorak")
