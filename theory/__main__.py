"""`python -m theory`: see `theory.command.run`."""

from __future__ import annotations

from collections.abc import Sequence

from feedback_proofs_io.command import ended

NAME = "python -m theory"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1, 2, 3 or 130, see `feedback_proofs_io.command`."""
    return ended(NAME, lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    from theory.command.run import run  # the statements take a second, in which one may interrupt

    return run(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
