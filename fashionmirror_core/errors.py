"""What is the user's to mend, and that the user stopped.

Everything that reads what the user gave raises ``InputError`` with one line that says what is wrong and what to do;
the command line prints that line and ends with exit code 2, the studio shows it beside the well it belongs to.
"""

from __future__ import annotations


class InputError(ValueError):
    """Bad input. The message is one line: what is wrong, then what to do about it."""


class Cancelled(Exception):
    """The user stopped what was going on; nothing half done was left behind."""
