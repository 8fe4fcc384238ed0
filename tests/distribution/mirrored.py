"""Trains with TensorFlow on several parts of this machine's CPU.

As a program: `python -m tests.distribution.mirrored DEVICES ARGUMENT ...`, with those of `train`.
"""

from __future__ import annotations

import sys

import tensorflow as tf


def split_cpu(devices: int) -> None:
    """Gives TensorFlow so many devices."""
    [cpu] = tf.config.list_physical_devices("CPU")
    parts = [tf.config.LogicalDeviceConfiguration() for _ in range(devices)]
    tf.config.set_logical_device_configuration(cpu, parts)


if __name__ == "__main__":
    split_cpu(int(sys.argv[1]))

    from s2s_keras.cli import main

    sys.exit(main(["train", *sys.argv[2:], "--debug"]))
