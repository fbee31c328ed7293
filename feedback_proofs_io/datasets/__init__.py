"""The image sets of the project, read from files that somebody put there: one loader for everybody.

- `catalogue`: which sets there are, their files, the hashes that are known, the command that gets them.
- `places`: where their files are looked for, and what is said where they are missing.
- `archive`: members of a .tar.gz, read in memory.
- `formats`: IDX files, CIFAR's rows and the table of the digits, as bytes.
- `reading`: a part of a set, whose content is compared with the hash that is known.

``python -m feedback_proofs_io.datasets`` lists the sets.

It lives here, below everything else, because both `proofs_check` (numpy, no torch in its main process) and
`benchmarks` (torch) read images, and `proofs_check` must not import the other. So it returns bytes and shapes
and needs only the standard library; `proofs_check.digits.data` and `benchmarks.datasets` make arrays and
tensors of them. Nothing is downloaded, unpacked to the disk or unpickled, and no data are in the repository.
"""

from feedback_proofs_io.datasets.catalogue import SETS, DataSet
from feedback_proofs_io.datasets.places import VARIABLE, Missing
from feedback_proofs_io.datasets.reading import PARTS, Images, read
from feedback_proofs_io.given import Unreadable

__all__ = ["PARTS", "SETS", "VARIABLE", "DataSet", "Images", "Missing", "Unreadable", "read"]
