"""Every exception class of this package, in one place.

The command line turns each into one line on standard error and the exit status below.
"""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "INSTALL_TRAINING",
    "ArtifactError",
    "ConfigError",
    "DataError",
    "DownloadError",
    "ExportError",
    "InputError",
    "MissingDependencyError",
    "RequestError",
    "S2SKerasError",
    "TrainingError",
]

INSTALL_TRAINING = (
    "pip install 's2s-keras[train]', or, without TensorFlow, 's2s-keras[train-jax]' or "
    "'s2s-keras[train-torch]'"
)
"""How to come by what a training needs, for the end of a message."""


class S2SKerasError(Exception):
    """Base of this package's errors; `exit_status` is what the command line returns."""

    exit_status = 1


class ExportError(S2SKerasError):
    """A model could not be converted, or the converted file failed its checks."""


class TrainingError(S2SKerasError):
    """A training cannot begin or go on, such as one whose weights are no numbers any more."""


class DownloadError(S2SKerasError):
    """A public data set cannot be downloaded.

    Args:
        url: where from.
        reason: what happened.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"{url} cannot be downloaded: {reason}. Get the file in another way, and say where it "
            "is with `--from`."
        )
        self.url = url


class ConfigError(S2SKerasError, ValueError):
    """A recipe or an override holds an unknown key, a wrong type or an impossible value."""

    exit_status = 2


class ArtifactError(S2SKerasError, ValueError):
    """A model file or run folder is missing, foreign, truncated or damaged."""

    exit_status = 2


class InputError(S2SKerasError, ValueError):
    """A text handed to a model cannot be processed: empty, too long, or unknown characters."""

    exit_status = 2


class MissingDependencyError(S2SKerasError, ImportError):
    """A feature needs a package of an extra that is not installed."""

    exit_status = 2


class RequestError(S2SKerasError, ValueError):
    """A request to the server that is answered with an error.

    Args:
        status: the HTTP status, 400 to 599.
        message: the rule, what was received, and the remedy where it is known.
        reason: one word for the statistics.
        retry_after_seconds: when asking again may help; `None` where it does not.
    """

    def __init__(
        self, status: int, message: str, reason: str, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds


class DataError(S2SKerasError, ValueError):
    """A data file is missing or malformed.

    Args:
        reason: the rule, what was received, and the remedy where it is known.
        path: the file.
        line: the line number, from 1, or `None` where the file as a whole is meant.
    """

    exit_status = 2

    def __init__(self, reason: str, path: str | Path, line: int | None = None) -> None:
        place = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(f"{place}: {reason}")
        self.reason = reason
        self.path = Path(path)
        self.line = line

    def __reduce__(self) -> tuple[type[DataError], tuple[str, Path, int | None]]:
        """Lets the error of a worker process come out of it."""
        return type(self), (self.reason, self.path, self.line)
