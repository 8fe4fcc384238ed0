"""The processes of one training, as a person names them; nothing here imports Keras."""

from __future__ import annotations

from dataclasses import dataclass

from s2s_keras.errors import ConfigError

__all__ = ["Cluster"]


@dataclass(frozen=True)
class Cluster:
    """Processes that train one model together, each with all devices that it sees.

    Attributes:
        job_addresses: `HOST:PORT` of process 0, perhaps with those of the others behind it, split
            by commas; `None` where this process is alone.
        num_processes: how many there are; likewise.
        process_id: the number of this one, from 0; likewise.
        connect_seconds: how long to wait for the others at the start.
        silence_seconds: after which a process that is not heard of counts as dead.

    Raises:
        ConfigError: one of the first three is missing, or a number lies outside its range.
    """

    job_addresses: str | None = None
    num_processes: int | None = None
    process_id: int | None = None
    connect_seconds: int = 300
    silence_seconds: int = 30

    def __post_init__(self) -> None:
        options = {
            "--job-addresses": self.job_addresses,
            "--num-processes": self.num_processes,
            "--process-id": self.process_id,
        }
        missing = [name for name, value in options.items() if value is None]
        if 0 < len(missing) < len(options):
            raise ConfigError(
                "several processes need `--job-addresses`, `--num-processes` and `--process-id`, "
                f"or Keras's variables KERAS_DISTRIBUTION_*. Missing: {', '.join(missing)}."
            )
        if self.num_processes is not None and self.num_processes < 1:
            raise ConfigError(
                f"`--num-processes` must be at least 1. Received: {self.num_processes}."
            )
        if not 0 <= self.process < self.processes:
            raise ConfigError(
                f"`--process-id` must be from 0 to {self.processes - 1}, for `--num-processes "
                f"{self.processes}`. Received: {self.process}."
            )

    @property
    def process(self) -> int:
        """The number of this process."""
        return self.process_id or 0

    @property
    def processes(self) -> int:
        """How many there are."""
        return self.num_processes or 1

    @property
    def address(self) -> str:
        """That of process 0, or nothing where this process is alone."""
        return (self.job_addresses or "").split(",")[0].strip()

    def describe_loss(self) -> str:
        """Returns what to tell where a training has lost a process."""
        return (
            f"process {self.process} of {self.processes} stops: another one has ended, or has not "
            f"been heard of for {self.silence_seconds} s. Start all of them again with `--resume`."
        )
