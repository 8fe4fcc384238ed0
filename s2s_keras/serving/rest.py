"""The JSON of TensorFlow Serving's REST interface <-> rows.

Reference:
    TensorFlow Serving, "RESTful API": the predict API in row form (`instances`, `predictions`) and
    in column form (`inputs`, `outputs`), the model status API, the model metadata API, and "JSON
    mapping".
"""

from __future__ import annotations

import base64
import binascii
import math
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2s_keras.errors import RequestError
from s2s_keras.serving.limits import Limits
from s2s_keras.serving.rows import join_rows, split_columns
from s2s_keras.serving.signature import (
    DTYPES,
    SERVING_DEFAULT,
    Row,
    ServedSignature,
    TensorSpec,
)
from s2s_keras.serving.strict_json import malformed

__all__ = [
    "PredictRequest",
    "metadata_document",
    "predict_document",
    "read_predict",
    "status_document",
]

INTEGERS: Mapping[str, Any] = {"DT_INT32": np.iinfo(np.int32), "DT_INT64": np.iinfo(np.int64)}
FLOATS: Mapping[str, Any] = {"DT_FLOAT": np.finfo(np.float32), "DT_DOUBLE": np.finfo(np.float64)}


@dataclass(frozen=True)
class PredictRequest:
    """What a client asked for.

    Attributes:
        signature: name of the signature.
        rows: the inputs, row by row, at least one.
        by_row: whether the request was in row form; the answer has the same.
    """

    signature: str
    rows: list[Row]
    by_row: bool


def read_predict(
    document: Any, signatures: Mapping[str, ServedSignature], limits: Limits
) -> PredictRequest:
    """Reads the document of a predict request.

    Raises:
        RequestError: 400, it does not have the form, or is beyond a limit.
    """
    if not isinstance(document, dict):
        raise malformed(f"The body must be an object. Received: {_kind(document)}.")
    name = document.get("signature_name", SERVING_DEFAULT)
    if not isinstance(name, str):
        raise malformed(f"`signature_name` must be a string. Received: {_kind(name)}.")
    name = name or SERVING_DEFAULT
    if name not in signatures:
        raise malformed(
            f"`signature_name` must be one of {sorted(signatures)}. Received: {reprlib.repr(name)}."
        )
    forms = [form for form in ("instances", "inputs") if form in document]
    if len(forms) != 1:
        raise malformed(
            "The body must have either `instances`, row by row, or `inputs`, column by column. "
            f"Received: {'both' if forms else 'neither'}."
        )
    by_row = forms == ["instances"]
    read = _columns_of_instances if by_row else _columns_of_inputs
    given = read(document[forms[0]], signatures[name].inputs)
    for values in given.values():
        if not isinstance(values, list) or not values:
            raise malformed(f"`{forms[0]}` must hold a list with at least one value.")
        if len(values) > limits.max_instances:
            raise malformed(
                f"A request must hold at most {limits.max_instances} instances. "
                f"Received: {len(values)}."
            )
    if len({len(values) for values in given.values()}) > 1:
        raise malformed("All inputs must have the same number of rows.")
    columns = {
        key: _tensor(given[key], spec, key, limits) for key, spec in signatures[name].inputs.items()
    }
    return PredictRequest(name, split_columns(columns), by_row)


def predict_document(
    request: PredictRequest, rows: Sequence[Row], outputs: Mapping[str, TensorSpec]
) -> dict[str, Any]:
    """Returns the answer to a predict request, in its form.

    Args:
        request: what was asked.
        rows: the outputs, row by row.
        outputs: name -> type.
    """
    columns = join_rows(rows, outputs)
    values = {name: _plain(columns[name], name, spec) for name, spec in outputs.items()}
    if not request.by_row:
        return {"outputs": values if len(values) > 1 else next(iter(values.values()))}
    if len(values) == 1:
        return {"predictions": next(iter(values.values()))}
    return {
        "predictions": [
            dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)
        ]
    }


def status_document(version: int, state: str = "AVAILABLE") -> dict[str, Any]:
    """Returns the answer of the model status API: a `GetModelStatusResponse` as JSON."""
    return {
        "model_version_status": [
            {
                "version": str(version),
                "state": state,
                "status": {"error_code": "OK", "error_message": ""},
            }
        ]
    }


def metadata_document(
    name: str, version: int, signatures: Mapping[str, ServedSignature]
) -> dict[str, Any]:
    """Returns the answer of the model metadata API: a `GetModelMetadataResponse` as JSON."""
    return {
        "model_spec": {"name": name, "signature_name": "", "version": str(version)},
        "metadata": {
            "signature_def": {
                "signature_def": {
                    key: {
                        "inputs": _tensor_infos(signature.inputs),
                        "outputs": _tensor_infos(signature.outputs),
                        "method_name": signature.method,
                        "defaults": {},
                    }
                    for key, signature in signatures.items()
                }
            }
        },
    }


def _tensor_infos(specs: Mapping[str, TensorSpec]) -> dict[str, Any]:
    return {
        name: {
            "name": spec.tensor,
            "dtype": spec.dtype,
            "tensor_shape": {
                "dim": [
                    {"size": str(-1 if size is None else size), "name": ""}
                    for size in spec.shape or ()
                ],
                "unknown_rank": spec.shape is None,
            },
        }
        for name, spec in specs.items()
    }


def _columns_of_instances(instances: Any, specs: Mapping[str, TensorSpec]) -> dict[str, Any]:
    """Returns input's name -> list of values."""
    if not isinstance(instances, list):
        raise malformed(f"`instances` must be a list. Received: {_kind(instances)}.")
    named = [isinstance(item, dict) and not _is_base64(item) for item in instances]
    if any(named) and not all(named):
        raise malformed("`instances` must hold either objects or plain values, not both.")
    if not any(named):
        if len(specs) > 1:
            raise malformed(
                f"Each of `instances` must be an object with the keys {sorted(specs)}, because the "
                "signature has several inputs."
            )
        return {name: instances for name in specs}
    for number, item in enumerate(instances):
        if item.keys() != specs.keys():
            raise malformed(
                f"instances[{number}] must have the keys {sorted(specs)}. "
                f"Received: {reprlib.repr(sorted(item))}."
            )
    return {name: [item[name] for item in instances] for name in specs}


def _columns_of_inputs(inputs: Any, specs: Mapping[str, TensorSpec]) -> dict[str, Any]:
    """Returns input's name -> list of values."""
    if not isinstance(inputs, dict) or _is_base64(inputs):
        if len(specs) > 1:
            raise malformed(
                f"`inputs` must be an object with the keys {sorted(specs)}, because the signature "
                "has several inputs."
            )
        return {name: inputs for name in specs}
    missing = [name for name in specs if name not in inputs]
    if missing:
        raise malformed(f"`inputs` must have the keys {sorted(specs)}. Missing: {missing}.")
    return {name: inputs[name] for name in specs}


def _tensor(values: list[Any], spec: TensorSpec, name: str, limits: Limits) -> NDArray[Any]:
    """Returns nested lists as an array. No deeper than `spec.shape` is looked."""
    flat: list[Any] = [values]
    shape: list[int] = []
    sizes = spec.shape or (None,)
    for axis, expected in enumerate(sizes):
        size = len(flat[0]) if flat and isinstance(flat[0], list) else 0
        for part in flat:
            if not isinstance(part, list):
                raise malformed(
                    f"`{name}` must be nested {len(sizes)} lists deep. "
                    f"Received at depth {axis}: {_kind(part)}."
                )
            if len(part) != size or (axis and expected not in (None, size)):
                wanted = size if expected is None else expected
                raise malformed(
                    f"`{name}` must have lists of one length at each depth, here {wanted}. "
                    f"Received: {len(part)}."
                )
        shape.append(size)
        flat = [item for part in flat for item in part]
    read = _READERS[spec.dtype]
    array = np.empty(len(flat), DTYPES[spec.dtype])
    for place, item in enumerate(flat):
        array[place] = read(item, spec.dtype, name, limits)
    return array.reshape(shape)


def _read_string(value: Any, dtype: str, name: str, limits: Limits) -> bytes:
    if _is_base64(value):
        try:
            content = base64.b64decode(value["b64"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise malformed(f"`b64` in `{name}` must be base64. Received: {error}.") from error
        length = len(content.decode(errors="replace"))
    elif isinstance(value, str):
        try:
            content = value.encode()
        except UnicodeEncodeError as error:
            raise malformed(
                f"`{name}` must be valid Unicode. Character {error.start + 1} of a text is half "
                "of a surrogate pair."
            ) from error
        length = len(value)
    else:
        raise _wrong_type(value, "a string", name)
    if length > limits.max_text_characters:
        raise malformed(
            f"A text must hold at most {limits.max_text_characters} characters. Received: {length}."
        )
    return content


def _read_integer(value: Any, dtype: str, name: str, limits: Limits) -> int:
    bounds = INTEGERS[dtype]
    if type(value) is not int:
        raise _wrong_type(value, "a whole number", name)
    if not bounds.min <= value <= bounds.max:
        raise malformed(
            f"`{name}` must hold numbers of {bounds.bits} bits. Received: {reprlib.repr(value)}."
        )
    return value


def _read_float(value: Any, dtype: str, name: str, limits: Limits) -> float:
    if type(value) not in (int, float):
        raise _wrong_type(value, "a number", name)
    bounds = FLOATS[dtype]
    # What JSON calls NaN and Infinity passes.
    is_finite = isinstance(value, int) or math.isfinite(value)
    if is_finite and not -float(bounds.max) <= value <= float(bounds.max):
        raise malformed(
            f"`{name}` must hold numbers of {bounds.bits} bits. Received: {reprlib.repr(value)}."
        )
    return float(value)


def _read_bool(value: Any, dtype: str, name: str, limits: Limits) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(value, "true or false", name)
    return value


_READERS = {
    "DT_STRING": _read_string,
    "DT_INT32": _read_integer,
    "DT_INT64": _read_integer,
    "DT_FLOAT": _read_float,
    "DT_DOUBLE": _read_float,
    "DT_BOOL": _read_bool,
}


def _plain(values: NDArray[Any], name: str, spec: TensorSpec) -> list[Any]:
    """Returns an array as nested lists for JSON."""
    if spec.dtype == "DT_FLOAT":
        # The shortest number that is the same float32, not its 17 digits as a float64.
        flat: list[Any] = [float(str(value)) for value in values.ravel()]
    elif spec.dtype != "DT_STRING":
        return list(values.tolist())
    elif name.endswith("_bytes"):
        flat = [{"b64": base64.b64encode(value).decode()} for value in values.ravel()]
    else:
        flat = [value.decode(errors="replace") for value in values.ravel()]
    nested = np.empty(len(flat), object)
    nested[:] = flat
    return list(nested.reshape(values.shape).tolist())


def _is_base64(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"b64"} and isinstance(value["b64"], str)


def _wrong_type(value: Any, wanted: str, name: str) -> RequestError:
    return malformed(f"Each value of `{name}` must be {wanted}. Received: {_kind(value)}.")


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a truth value"}
    kinds |= {type(None): "null"}
    return kinds.get(type(value), "a number")
