"""Several processes and devices that train one model: who they are, what each reads and writes.

The processes hold the same weights and take the same steps. Of every batch each reads its own rows;
the gradient is that of the whole batch. Process 0 alone writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from s2s_keras.cluster import Cluster
from s2s_keras.data.shares import Share
from s2s_keras.errors import ConfigError, TrainingError
from s2s_keras.training.rendezvous import MUST_AGREE, differences, meet

__all__ = ["Distribution", "Lockstep", "connect"]

_PEER_IS_GONE = re.compile("gloo|nccl|coordination service|distributed service", re.IGNORECASE)
"""What JAX says where another process is no longer there."""


@dataclass(frozen=True)
class Distribution:
    """Which processes and devices train together: this process alone, unless told otherwise.

    Attributes:
        cluster: the processes; `None` where Keras spreads nothing over devices.
        devices: of each process, among which its rows are spread.
    """

    cluster: Cluster | None = None
    devices: int = 1

    @property
    def processes(self) -> int:
        """How many there are."""
        return 1 if self.cluster is None else self.cluster.processes

    @property
    def writes(self) -> bool:
        """Whether this process writes the run folder and speaks to the person who waits."""
        return self.cluster is None or self.cluster.process == 0

    def __str__(self) -> str:
        """What a line on the model ends with."""
        if self.share is None:
            return ""
        processes = f"{self.processes} processes with " if self.processes > 1 else ""
        each = " each" if self.processes > 1 else ""
        return f", {processes}{self.devices} device{'s' * (self.devices > 1)}{each}"

    @property
    def share(self) -> Share | None:
        """This process's rows of each batch; `None` for all, unfilled."""
        if self.cluster is None or self.processes * self.devices == 1:
            return None
        return Share(self.cluster.process, self.processes, self.devices)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Within it, models are made and trained on all devices.

        Raises:
            TrainingError: another process has died meanwhile, or does not answer.
        """
        if self.cluster is None:
            yield
            return
        with _keras_scope(), self._naming_loss():
            yield

    def check_agreement(self, document: Mapping[str, Any]) -> None:
        """Checks that all processes hold the same document, and waits for all to have come here.

        Args:
            document: JSON.

        Raises:
            ConfigError: they differ; names the keys. All processes raise the same.
        """
        if self.processes > 1:
            changed = differences(dict(enumerate(_gather(document))))
            if changed:
                raise ConfigError(f"{MUST_AGREE} {changed}.")

    def leave(self) -> None:
        """Waits until all processes have come here, however long that takes, and parts with them.

        Raises:
            TrainingError: see `scope`.
        """
        if self.processes > 1:
            import jax
            from jax.experimental import multihost_utils

            with self._naming_loss():
                multihost_utils.sync_global_devices("s2s-keras")
            together: Any = jax.distributed
            together.shutdown()

    @contextmanager
    def _naming_loss(self) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, ValueError) as error:
            if self.cluster is None or not _PEER_IS_GONE.search(str(error)):
                raise
            raise TrainingError(self.cluster.describe_loss()) from error


def connect(cluster: Cluster, document: Mapping[str, Any]) -> Distribution:
    """Waits for all processes, checks that they hold the same document, and joins them.

    It comes before Keras computes anything in this process.

    Args:
        cluster: the processes.
        document: JSON, such as the recipe.

    Raises:
        ConfigError: see `meet`; or Keras's backend cannot train so.
        TrainingError: not all processes came in time.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow" and not cluster.address:
        return Distribution(cluster, len(_tensorflow_devices()))
    if backend != "jax":
        raise ConfigError(
            "several processes train on JAX: set KERAS_BACKEND=jax. On TensorFlow, "
            "`--distribution data_parallel` alone takes all devices of one machine; on PyTorch "
            f"there is neither. Received: {backend}."
        )
    import jax

    if cluster.processes > 1:
        told = {"--num-processes": cluster.processes, **document}
        meet(cluster.address, cluster.processes, cluster.process, told, cluster.connect_seconds)
        config: Any = jax.config
        config.update("jax_cpu_collectives_implementation", "gloo")
        # Not through `keras.distribution.initialize`, which knows no time limits.
        jax.distributed.initialize(
            cluster.address,
            cluster.processes,
            cluster.process,
            initialization_timeout=cluster.connect_seconds,
            heartbeat_timeout_seconds=cluster.silence_seconds,
            shutdown_timeout_seconds=cluster.silence_seconds,
        )
        # What Keras draws must be alike, also the weights that a loaded model has at first.
        keras.utils.set_random_seed(0)
    distribution = Distribution(cluster, jax.local_device_count())
    distribution.check_agreement({"devices of a process": distribution.devices})
    return distribution


class Lockstep(keras.callbacks.Callback):
    """Stops all processes behind the same epoch, which is where process 0 stops.

    It comes behind what decides about it. In processes that write nothing it also ends an epoch
    that was begun before where it ends, as `RunRecorder` does in process 0.

    Args:
        distribution: the processes.
        step: steps done before, where a training goes on.
        epoch_steps: batches of an epoch.
    """

    def __init__(self, distribution: Distribution, step: int, epoch_steps: int) -> None:
        super().__init__()
        self._distribution = distribution
        self._step = step
        self._epoch_steps = epoch_steps

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Ends the epoch where it ends."""
        self._step += 1
        if self._step % self._epoch_steps == 0:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Asks process 0."""
        if self._distribution.processes > 1:
            from jax.experimental import multihost_utils

            own = np.array(self.model.stop_training)
            self.model.stop_training = bool(multihost_utils.broadcast_one_to_all(own))


@contextmanager
def _keras_scope() -> Iterator[None]:
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.distribute.MirroredStrategy(_tensorflow_devices()).scope():
            yield
        return
    with keras.distribution.DataParallel(auto_shard_dataset=False).scope():
        yield


def _tensorflow_devices() -> list[str]:
    """Returns all GPUs of this machine, or the CPU; without any GPU, all parts that it is in."""
    import tensorflow as tf

    kinds = map(tf.config.list_logical_devices, ("GPU", "CPU"))
    return [device.name for device in next(filter(None, kinds))]


def _gather(document: Mapping[str, Any]) -> list[Any]:
    """Returns the documents of all processes, in their order."""
    from jax.experimental import multihost_utils

    text = np.frombuffer(json.dumps(document, sort_keys=True).encode(), np.uint8)
    sizes = multihost_utils.process_allgather(np.array(text.size))
    padded = np.zeros(int(sizes.max()), np.uint8)
    padded[: text.size] = text
    texts = multihost_utils.process_allgather(padded)
    return [
        json.loads(bytes(row[: int(size)])) for row, size in zip(texts, sizes.flat, strict=True)
    ]
