"""One condition short: steps about samples and single units.

Each mistake has all that a rule asks for but one condition; the numbers tell whether it then is false.
"""

from __future__ import annotations

from tests.theory.proof.attack.tempting import Mistake

MISTAKES: dict[str, tuple[Mistake, ...]] = {}
"""For each rule the mistakes that look like it."""
