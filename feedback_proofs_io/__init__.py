"""What all packages of the project stand on when they meet the machine: files, caches, locks, printed text.

- `whole`: files that appear whole or not at all, and are known to be writable before the work begins.
- `sealed`: saved state with a checksum and the fingerprint of all that it depends on.
- `cache`: a folder that only its user can write to, and what may be read from it.
- `held`: one run at a time on one file.
- `command`: how a command ends: its exit code, and the one line that says why; how it reads its arguments.
- `given`: files that somebody gives us, read without trust.
- `results`: what experiments found, sealed, and read in the same way.
- `datasets`: images and their classes, from files that somebody put there.
- `streams`: standard output and error that may be closed, full or gone.
- `text`: foreign text without characters that act instead of being seen.

Only the standard library is used, and nothing of the project: `theory`, `impl` and `proofs_check` may all
import it, and learn nothing of each other by it.
"""
