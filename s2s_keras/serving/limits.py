"""How much a client may ask for, and how long anything may take."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Limits"]

DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Limits:
    """The server's bounds; checked when made.

    Args:
        max_body_bytes: of a request; a larger one gets 413.
        max_instances: texts in a request; more get 400.
        max_text_characters: of a text; a longer one gets 400.
        max_queue: texts that wait for the model; a request that does not fit gets 503.
        max_connections: open connections; a further one gets 503 and is closed.
        head_seconds: for the first line and the headers of a request; then the connection is
            closed.
        body_seconds: for the body of a request; then 408.
        request_seconds: from the body's end to the answer; then 504.
        stop_seconds: for the requests under way when the server is told to stop.

    Raises:
        ValueError: a value lies outside its range.
    """

    max_body_bytes: int = 2**20
    max_instances: int = 128
    max_text_characters: int = 2_000
    max_queue: int = 1_024
    max_connections: int = 512
    head_seconds: float = 10.0
    body_seconds: float = 10.0
    request_seconds: float = 30.0
    stop_seconds: float = 30.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_seconds"):
                fits = not isinstance(value, bool) and 0 < value <= DAY_SECONDS
                rule = f"a number of seconds above 0, at most {DAY_SECONDS:.0f}"
            else:
                fits, rule = type(value) is int and value >= 1, "a positive integer"
            if not fits:
                raise ValueError(
                    f"`{field.name}` must be {rule}. Received: {field.name}={value!r}."
                )
        if self.max_queue < self.max_instances:
            raise ValueError(
                "`max_queue` must be at least `max_instances`, or a large request never fits. "
                f"Received: max_queue={self.max_queue}, max_instances={self.max_instances}."
            )
