"""TensorFlow Serving's JSON, without a model."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_keras.errors import RequestError
from s2s_keras.serving import Limits, ServedSignature, TensorSpec
from s2s_keras.serving.rest import PredictRequest, predict_document, read_predict
from s2s_keras.serving.rows import split_columns
from s2s_keras.serving.strict_json import parse_json

LIMITS = Limits(max_instances=4, max_text_characters=5)
TEXTS = TensorSpec("DT_STRING", (None,), "texts:0")
NUMBERS = TensorSpec("DT_FLOAT", (None, 2), "numbers:0")
SIGNATURES = {
    "serving_default": ServedSignature({"texts": TEXTS}, {"texts": TEXTS}),
    "ids": ServedSignature({"ids": TensorSpec("DT_INT32", (None, None), "ids:0")}, {"t": TEXTS}),
    "pairs": ServedSignature({"texts": TEXTS, "numbers": NUMBERS}, {"texts": TEXTS}),
    "flags": ServedSignature({"flags": TensorSpec("DT_BOOL", (None,), "flags:0")}, {"t": TEXTS}),
}


def read(document):
    return read_predict(parse_json(json.dumps(document).encode()), SIGNATURES, LIMITS)


def values(request, name):
    return [row[name].tolist() for row in request.rows]


@pytest.mark.parametrize(
    "document",
    [
        {"instances": ["a", "é"]},
        {"instances": [{"texts": "a"}, {"texts": "é"}]},
        {"instances": [{"b64": "YQ=="}, "é"]},
        {"inputs": ["a", "é"]},
        {"inputs": {"texts": ["a", {"b64": "w6k="}], "more": 3}},
        {"signature_name": "serving_default", "instances": ["a", "é"], "unknown_key": {}},
        {"signature_name": "", "instances": ["a", "é"]},
    ],
)
def test_forms_of_one_input(document):
    request = read(document)
    assert request.signature == "serving_default"
    assert values(request, "texts") == [b"a", "é".encode()]
    assert request.by_row == ("instances" in document)


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [{"texts": "a", "numbers": [1, 2]}, {"texts": "b", "numbers": [3, 4.5]}]},
        {"inputs": {"texts": ["a", "b"], "numbers": [[1, 2], [3, 4.5]]}},
    ],
)
def test_forms_of_several_inputs(document):
    request = read({"signature_name": "pairs", **document})
    assert values(request, "texts") == [b"a", b"b"]
    assert values(request, "numbers") == [[1.0, 2.0], [3.0, 4.5]]
    assert request.rows[0]["numbers"].dtype == np.float32


def test_numbers_that_json_does_not_know():
    body = b'{"signature_name": "pairs", "inputs": {"texts": ["a"], "numbers": [[NaN, -Infinity]]}}'
    [row] = read_predict(parse_json(body), SIGNATURES, LIMITS).rows
    assert math.isnan(row["numbers"][0])
    assert row["numbers"][1] == -math.inf


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "The body must be an object. Received: a list."),
        ({}, "either `instances`, row by row, or `inputs`, column by column. Received: neither."),
        ({"instances": ["a"], "inputs": ["a"]}, "Received: both."),
        ({"signature_name": 3, "instances": ["a"]}, "must be a string. Received: a number."),
        (
            {"signature_name": "idz", "instances": ["a"]},
            "one of ['flags', 'ids', 'pairs', 'serving_default']. Received: 'idz'.",
        ),
        ({"instances": "a"}, "`instances` must be a list. Received: a string."),
        ({"instances": []}, "`instances` must hold a list with at least one value."),
        ({"inputs": []}, "`inputs` must hold a list with at least one value."),
        ({"inputs": "a"}, "`inputs` must hold a list with at least one value."),
        ({"inputs": {"text": ["a"]}}, "must have the keys ['texts']. Missing: ['texts']."),
        ({"instances": ["a", {"texts": "b"}]}, "either objects or plain values, not both"),
        ({"instances": [{"texts": "a", "x": 1}]}, "instances[0] must have the keys ['texts']."),
        ({"instances": ["a"] * 5}, "at most 4 instances. Received: 5."),
        ({"instances": ["a", "b" * 6]}, "at most 5 characters. Received: 6."),
        ({"instances": [{"b64": "YWFhYWFh"}]}, "at most 5 characters. Received: 6."),
        ({"instances": [{"b64": "?"}]}, "`b64` in `texts` must be base64."),
        ({"instances": [["a"]]}, "must be a string. Received: a list."),
        ({"instances": [None]}, "must be a string. Received: null."),
        ({"instances": ["\ud83d"]}, "half of a surrogate pair"),
        (
            {"signature_name": "ids", "instances": [3]},
            "2 lists deep. Received at depth 1: a number",
        ),
        ({"signature_name": "ids", "instances": [[3], [4, 5]]}, "of one length at each depth"),
        ({"signature_name": "ids", "instances": [[3.0]]}, "must be a whole number"),
        ({"signature_name": "ids", "instances": [[True]]}, "Received: a truth value."),
        ({"signature_name": "ids", "instances": [[2**31]]}, "32 bits. Received: 2147483648."),
        (
            {"signature_name": "ids", "instances": [[[3]]]},
            "must be a whole number. Received: a list",
        ),
        ({"signature_name": "flags", "instances": [1]}, "must be true or false."),
        ({"signature_name": "pairs", "instances": ["a"]}, "must be an object with the keys"),
        ({"signature_name": "pairs", "inputs": ["a"]}, "must be an object with the keys"),
        (
            {"signature_name": "pairs", "inputs": {"texts": ["a"], "numbers": [[1, 2], [3, 4]]}},
            "the same number of rows",
        ),
        (
            {"signature_name": "pairs", "inputs": {"texts": ["a"], "numbers": [[1, 2, 3]]}},
            "here 2. Received: 3.",
        ),
        (
            {"signature_name": "pairs", "inputs": {"texts": ["a"], "numbers": [[1, 10**39]]}},
            "numbers of 32 bits",
        ),
    ],
)
def test_documents_that_are_refused(document, message):
    with pytest.raises(RequestError) as raised:
        read(document)
    assert raised.value.status == 400
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "At line 1, column 1: Expecting value."),
        (b"{", "At line 1, column 2"),
        (b'{"a": 1} x', "Extra data"),
        (b'{"a": "\xe9"}', "Byte 8 is not."),
        (b'{"a": {"b": 1, "b": 2}}', "Twice: 'b'."),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"9" * 10_000, "a number that is too long"),
        ("{}".encode("utf-16"), "must be UTF-8"),
    ],
)
def test_json_that_is_refused(body, message):
    with pytest.raises(RequestError) as raised:
        parse_json(body)
    assert raised.value.status == 400
    assert message in str(raised.value)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(body):
    try:
        request = read_predict(parse_json(body), SIGNATURES, LIMITS)
    except RequestError as error:
        assert error.status == 400
        assert str(error)
    else:
        assert request.rows


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "signature_name": st.sampled_from(sorted(SIGNATURES)) | JSON,
            "instances": JSON | st.lists(JSON, max_size=4),
            "inputs": JSON | st.fixed_dictionaries({"texts": JSON, "numbers": JSON}),
        },
    )
)
def test_any_document_is_read_or_refused(document):
    try:
        request = read_predict(document, SIGNATURES, LIMITS)
    except RequestError as error:
        assert error.status == 400
    else:
        assert 1 <= len(request.rows) <= 4
        for row in request.rows:
            assert row.keys() == SIGNATURES[request.signature].inputs.keys()


def test_answers_in_both_forms():
    outputs = {
        "texts": TensorSpec("DT_STRING", (None, 2), "a"),
        "scores": TensorSpec("DT_FLOAT", (None,), "b"),
        "sound_bytes": TensorSpec("DT_STRING", (None,), "c"),
    }
    rows = split_columns(
        {
            "texts": np.array([[b"a", b"\xc3\xa9"], [b"", b"b"]], object),
            "scores": np.array([0.1, -np.inf], np.float32),
            "sound_bytes": np.array([b"\xff", b""], object),
        }
    )
    row_form = predict_document(PredictRequest("s", [], True), rows, outputs)
    assert row_form == {
        "predictions": [
            {"texts": ["a", "é"], "scores": 0.1, "sound_bytes": {"b64": "/w=="}},
            {"texts": ["", "b"], "scores": -math.inf, "sound_bytes": {"b64": ""}},
        ]
    }
    column_form = predict_document(PredictRequest("s", [], False), rows, outputs)
    assert column_form == {
        "outputs": {
            name: [row[name] for row in row_form["predictions"]]
            for name in ("texts", "scores", "sound_bytes")
        }
    }


def test_one_output_stands_without_its_name():
    rows = split_columns({"ids": np.array([[1, 2], [3, 4]], np.int32)})
    outputs = {"ids": TensorSpec("DT_INT32", (None, None), "ids")}
    for by_row, key in ((True, "predictions"), (False, "outputs")):
        found = predict_document(PredictRequest("s", [], by_row), rows, outputs)
        assert found == {key: [[1, 2], [3, 4]]}


def test_float32_is_written_as_the_shortest_number_that_is_the_same():
    values = np.array([0.1, 1 / 3, 1e-30, 16777216.0, -0.0], np.float32)
    rows = split_columns({"x": values})
    outputs = {"x": TensorSpec("DT_FLOAT", (None,), "x")}
    found = predict_document(PredictRequest("s", [], True), rows, outputs)["predictions"]
    assert found[0] == 0.1
    assert len(json.dumps(found[1])) <= 10
    assert np.array_equal(np.array(found, np.float32), values)
