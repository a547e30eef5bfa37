"""``changqing``: reads the words, calls one journey, query or action, prints the answer.

Exit codes: 0 done, 1 refused with a sentence, 2 the words could not be read, 3 ``check`` found a breach.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from changqing.base.refused import Refused
from changqing.cli.parser import parser
from changqing.machine.environment import SettingsError
from changqing.machine.error import MachineError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = parser().parse_args(argv)
    try:
        return int(words.run(words) or 0)
    except (Refused, MachineError, SettingsError) as no:
        print(getattr(no, "sentence", str(no)), file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130
