import pytest

from s2s_keras.evaluation.word_difference import LONGEST_COMPARED, Run, mark_differences


def same(text):
    return Run(text, False)


def other(text):
    return Run(text, True)


@pytest.mark.parametrize(
    ("output", "reference", "runs", "marked"),
    [
        ("a b c", "a b c", [same("a b c")], [same("a b c")]),
        (
            "le chat noir dort",
            "le chien dort bien",
            [same("le"), other("chat noir"), same("dort")],
            [same("le"), other("chien"), same("dort"), other("bien")],
        ),
        ("x y a b", "a b z", [other("x y"), same("a b")], [same("a b"), other("z")]),
        ("", "a b", [], [other("a b")]),
        ("a", "b", [other("a")], [other("b")]),
    ],
)
def test_mark_differences_of_words(output, reference, runs, marked):
    assert mark_differences(output, [reference]) == (runs, [marked])


def test_mark_differences_compares_with_the_nearest_reference():
    runs, marked = mark_differences("a b c", ["x y z", "a b d", "a b"])
    assert runs == [same("a b"), other("c")]
    assert marked == [[same("x y z")], [same("a b d")], [same("a b")]]


def test_mark_differences_leaves_long_texts_unmarked():
    long = "a " * LONGEST_COMPARED + "b"
    assert mark_differences("c", [long, "d"]) == ([same("c")], [[same(long)], [same("d")]])
