"""A refusal is a sentence: what happened, where, what was kept, what to do."""

from __future__ import annotations


class Refused(Exception):
    """A deliberate no, already worded for the reader in the reader's language.

    Raised where it is decided, shown as it is by every door. ``field`` names the input the
    sentence belongs beside, when there is one.
    """

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = str(sentence)
        self.field = field


class Withheld(Refused):
    """A list was asked to sort or filter by what the reader may not see: the question itself is refused."""
