"""What is said of forked copies of a process in each of which something was changed; as JSON, by name.

    python -m tests.proofs_check.state_copies

A process of its own, without threads: a copy of one that has some lacks them, and would be called changed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

from proofs_check.subject import checked, state

SET_BACK, NAMED, RAISED = 10, 11, 12


def after(before: state.State, act: Callable[[], object]) -> int:
    """The exit code of a copy: all was set back, something is named, or the look itself raised."""
    child = os.fork()
    if child == 0:
        try:
            act()
            os._exit(NAMED if before.restore() else SET_BACK)
        except BaseException:
            os._exit(RAISED)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    """Make a copy for each change of the tables."""
    from tests.proofs_check.hostile_subjects import LEAVES, SPOILS

    for name, module in (("checked", checked), ("state", state)):
        sys.modules[f"_proofs_check_{name}"] = module
    before = state.State()
    print(json.dumps({name: after(before, act) for name, act in {**LEAVES, **SPOILS}.items()}))


if __name__ == "__main__":
    main()
