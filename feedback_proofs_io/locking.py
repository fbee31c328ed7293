"""The system's advisory locks, where it has them."""

from __future__ import annotations

import sys

__all__ = ["lock"]

if sys.platform == "win32":

    def lock(handle: int) -> bool:
        """No such locks: every file counts as free."""
        return True

else:
    import fcntl

    def lock(handle: int) -> bool:
        """Lock an open file until it is closed; False where another open file holds the lock."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return True
        return True
