"""`python -m proofs_check`: see `proofs_check.command`."""

from __future__ import annotations

import sys

from proofs_check.command import main

if __name__ == "__main__":
    sys.exit(main())
