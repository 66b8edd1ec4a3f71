"""What a command owes the system: texts that any console shows, and an end by a signal that cleans up.

Needs nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

# A closed terminal, and the polite way to end a process; Windows has another key for it.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


class SignalEnd(KeyboardInterrupt):
    """The process was asked to end: everything that cleans up after Ctrl-C does so. number: the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Ended:
    """Which signal ended what ran; None for none."""

    number: int | None = None


@contextlib.contextmanager
def ended_by_signals() -> Iterator[Ended]:
    """Within it, the signals of SIGNALS raise ``SignalEnd`` in the main thread, as Ctrl-C raises KeyboardInterrupt.

    A second one is ignored, so that it can't cut the cleaning up short. A signal that was ignored before (nohup) stays so.
    """
    ended = Ended()

    def end(number: int, _: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        ended.number = number
        raise SignalEnd(number)

    before = {}
    with contextlib.suppress(ValueError):  # not the main thread: whoever has it decides
        for each in SIGNALS:
            if signal.getsignal(each) is not signal.SIG_IGN:
                before[each] = signal.signal(each, end)
    try:
        yield ended
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def any_console() -> None:
    """Letters that the console's encoding lacks become question marks, and no error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(errors="replace")


def flush() -> None:
    """What was printed goes out; where nobody reads it any more, that is no error."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
