"""`python -m proofs_check.formal`: check all proofs with Coq."""

import sys

from proofs_check.formal.build import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
