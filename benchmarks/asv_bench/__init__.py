"""What asv runs on each commit: the benchmarks of this working tree on the ``impl`` of that commit.

asv puts this folder's parent on the path. The repository itself goes to the end of it, for ``benchmarks``, so
that ``impl`` is the one that is installed in asv's environment.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
