"""Our JSON beside the real types of TensorFlow Serving."""

import json
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
)

from s2s_keras.serving import Limits, ServedSignature, TensorSpec
from s2s_keras.serving.rest import (
    PredictRequest,
    metadata_document,
    predict_document,
    read_predict,
    status_document,
)
from s2s_keras.serving.rows import join_rows, split_columns

SIGNATURES = {
    "serving_default": ServedSignature(
        {"texts": TensorSpec("DT_STRING", (None,), "serving_default_texts:0")},
        {
            "texts": TensorSpec("DT_STRING", (None, 4), "StatefulPartitionedCall:0"),
            "scores": TensorSpec("DT_FLOAT", (None, 4), "StatefulPartitionedCall:1"),
        },
    ),
    "ids": ServedSignature(
        {"source_ids": TensorSpec("DT_INT32", (None, None), "ids_source_ids:0")},
        {"target_ids": TensorSpec("DT_INT32", None, "StatefulPartitionedCall_1:0")},
    ),
}

TYPES = {"DT_STRING": tf.string, "DT_FLOAT": tf.float32, "DT_INT32": tf.int32}


def as_json(message: Any) -> Any:
    """Returns a message as TensorFlow Serving prints it: every field, by its own name."""
    return json.loads(
        json_format.MessageToJson(
            message,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        )
    )


def signature_def(signature: ServedSignature) -> SignatureDef:
    definition = SignatureDef(method_name=signature.method)
    for side, specs in (
        (definition.inputs, signature.inputs),
        (definition.outputs, signature.outputs),
    ):
        for name, spec in specs.items():
            side[name].name = spec.tensor
            side[name].dtype = TYPES[spec.dtype].as_datatype_enum
            shape = tf.TensorShape(spec.shape)
            side[name].tensor_shape.CopyFrom(shape.as_proto())
    return definition


def test_status_is_that_of_the_real_message() -> None:
    message = get_model_status_pb2.GetModelStatusResponse()
    status = message.model_version_status.add(
        version=12, state=get_model_status_pb2.ModelVersionStatus.AVAILABLE
    )
    status.status.error_code = 0
    assert status_document(12) == as_json(message)
    read = json_format.ParseDict(status_document(12), get_model_status_pb2.GetModelStatusResponse())
    assert read == message


def test_metadata_is_that_of_the_real_messages() -> None:
    # TensorFlow Serving prints the two parts, and puts them together.
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = "en-fr"
    response.model_spec.version.value = 12
    definitions = get_model_metadata_pb2.SignatureDefMap()
    for name, signature in SIGNATURES.items():
        definitions.signature_def[name].CopyFrom(signature_def(signature))
    found = metadata_document("en-fr", 12, SIGNATURES)
    assert found["model_spec"] == as_json(response.model_spec)
    assert found["metadata"]["signature_def"] == as_json(definitions)
    assert set(found) == {"model_spec", "metadata"}


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.lists(TEXT, min_size=1, max_size=4), st.booleans())
def test_predict_request_holds_the_tensors_of_the_real_one(texts: list[str], by_row: bool) -> None:
    expected = predict_pb2.PredictRequest()
    expected.model_spec.signature_name = "serving_default"
    expected.inputs["texts"].CopyFrom(tf.make_tensor_proto(texts, tf.string))
    document = {"signature_name": "serving_default", "instances" if by_row else "inputs": texts}
    request = read_predict(document, SIGNATURES, Limits())
    columns = join_rows(request.rows, SIGNATURES["serving_default"].inputs)
    found = predict_pb2.PredictRequest()
    found.model_spec.signature_name = request.signature
    for name, column in columns.items():
        found.inputs[name].CopyFrom(tf.make_tensor_proto(column, tf.string))
    assert found == expected


@given(
    st.integers(1, 3).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(-(2**31), 2**31 - 1), min_size=width, max_size=width),
            min_size=1,
            max_size=3,
        )
    )
)
def test_numbers_of_a_request_are_those_of_the_real_one(ids: list[list[int]]) -> None:
    request = read_predict({"signature_name": "ids", "instances": ids}, SIGNATURES, Limits())
    columns = join_rows(request.rows, SIGNATURES["ids"].inputs)
    expected = tf.make_tensor_proto(ids, tf.int32)
    assert tf.make_tensor_proto(columns["source_ids"], tf.int32) == expected


@pytest.mark.parametrize("by_row", [True, False])
def test_answer_holds_the_tensors_of_the_real_response(by_row: bool) -> None:
    response = predict_pb2.PredictResponse()
    texts = [["a", "é"], ["", "b\n"]]
    scores = [[-0.1, -2.5], [-1 / 3, -np.inf]]
    response.outputs["texts"].CopyFrom(tf.make_tensor_proto(texts, tf.string))
    response.outputs["scores"].CopyFrom(tf.make_tensor_proto(scores, tf.float32))
    columns = {name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()}
    outputs = SIGNATURES["serving_default"].outputs
    request = PredictRequest("serving_default", [], by_row)
    # Through bytes, as a client reads it.
    answer = json.loads(json.dumps(predict_document(request, split_columns(columns), outputs)))
    if by_row:
        assert set(answer) == {"predictions"}
        read = {name: [row[name] for row in answer["predictions"]] for name in outputs}
    else:
        read = answer["outputs"]
    for name, spec in outputs.items():
        tensor = tf.make_tensor_proto(read[name], TYPES[spec.dtype])
        assert tensor == response.outputs[name]
