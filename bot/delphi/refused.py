"""A figure that cannot be given is refused with a reason, never guessed."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Refused(ValueError):
    """Why a figure is not valid for these data, in a sentence without a full stop."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def attempt(figure: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Refused:
    """The figure for these arguments, or why there is none, as a value that a table of results can hold."""
    try:
        return figure(*args, **kwargs)
    except Refused as refused:
        # Without its traceback, which would keep the data of the computation alive.
        return refused.with_traceback(None)
