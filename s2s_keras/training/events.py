"""Figures, texts and pictures -> TensorBoard's event files, on every backend."""

from __future__ import annotations

import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.image.metadata import create_summary_metadata
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto

__all__ = ["EventWriter"]


class EventWriter:
    """Writes what TensorBoard shows by step.

    `tensorboard.summary.Writer` takes scalars alone; the other events are made of TensorBoard's own
    messages, without TensorFlow.

    Args:
        folder: where the event file is made; it is made, too.

    Raises:
        OSError: the folder cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self._writer = EventFileWriter(str(folder))

    def add_scalar(self, tag: str, value: float, step: int) -> None:
        """Adds a figure to the plugin `scalars`."""
        self._add(scalar_pb(tag, value), step)

    def add_text(self, tag: str, markdown: str, step: int) -> None:
        """Adds a text in Markdown to the plugin `text`."""
        self._add(text_pb(tag, markdown), step)

    def add_image(self, tag: str, png: bytes, step: int) -> None:
        """Adds a picture to the plugin `images`."""
        width, height = struct.unpack(">II", png[16:24])  # of the header, the first chunk
        content = np.array([str(width).encode(), str(height).encode(), png], dtype=object)
        summary = Summary()
        summary.value.add(
            tag=tag,
            metadata=create_summary_metadata(display_name=None, description=None),
            tensor=make_tensor_proto(content),
        )
        self._add(summary, step)

    def flush(self) -> None:
        """Writes what was added to the disk."""
        self._writer.flush()

    def close(self) -> None:
        """Does so, and closes the file."""
        self._writer.close()

    def _add(self, summary: Any, step: int) -> None:
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))
