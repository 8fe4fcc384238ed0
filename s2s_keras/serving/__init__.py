"""Requests over HTTP flow in, texts run through a model in batches, and answers flow out.

The interface is TensorFlow Serving's REST interface. Needs the extra `serve`; a `.tflite` file is
served without TensorFlow.
"""

from s2s_keras.serving.app import make_app
from s2s_keras.serving.batcher import Batcher, BatchingSettings
from s2s_keras.serving.corrector import CorrectorServable
from s2s_keras.serving.limits import Limits
from s2s_keras.serving.lite import LiteServable
from s2s_keras.serving.metrics import Metrics
from s2s_keras.serving.opening import open_servable
from s2s_keras.serving.servable import Servable
from s2s_keras.serving.server import bind, serve
from s2s_keras.serving.service import Service
from s2s_keras.serving.signature import Columns, Row, ServedSignature, TensorSpec

__all__ = [
    "Batcher",
    "BatchingSettings",
    "Columns",
    "CorrectorServable",
    "Limits",
    "LiteServable",
    "Metrics",
    "Row",
    "Servable",
    "ServedSignature",
    "Service",
    "TensorSpec",
    "bind",
    "make_app",
    "open_servable",
    "serve",
]
