"""What TensorBoard's server finds in a folder of event files."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from tensorboard import context
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer


def read_events(folder: Path) -> dict[str, dict[str, dict[int, Any]]]:
    """Returns plugin -> tag -> step -> a number, a text, or the bytes of a picture."""
    multiplexer = EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(folder))
    place: dict[str, Any] = {"ctx": context.RequestContext(), "experiment_id": ""}
    found: dict[str, dict[str, dict[int, Any]]] = {"scalars": {}, "text": {}, "images": {}}
    readers = {
        "scalars": lambda: provider.read_scalars(**place, plugin_name="scalars", downsample=1000),
        "text": lambda: provider.read_tensors(**place, plugin_name="text", downsample=1000),
    }
    for plugin, read in readers.items():
        for tags in read().values():
            for tag, data in tags.items():
                for datum in data:
                    value = datum.value if plugin == "scalars" else datum.numpy.item().decode()
                    found[plugin].setdefault(tag, {})[datum.step] = value
    blobs = provider.read_blob_sequences(**place, plugin_name="images", downsample=1000)
    for tags in blobs.values():
        for tag, data in tags.items():
            for datum in data:
                width, height, png = (
                    provider.read_blob(place["ctx"], blob_key=value.blob_key)
                    for value in datum.values
                )
                assert (int(width), int(height)) == struct.unpack(">II", png[16:24])
                found["images"].setdefault(tag, {})[datum.step] = png
    return found
