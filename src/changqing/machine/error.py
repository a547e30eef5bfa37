"""What this machine cannot do, as a sentence for the person at the console."""

from __future__ import annotations


class MachineError(Exception):
    """Names what stands in the way, where, and what to do about it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
