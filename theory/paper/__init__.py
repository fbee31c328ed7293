"""The paper, formula by formula, in `PAPER`: what is printed, whether it holds, and what shows it."""

from theory.paper import appendix_a, elsewhere, section_2, section_3
from theory.paper.entry import VERDICTS, Entry, ProofStep, possible_verdicts

PAPER: tuple[Entry, ...] = (
    *elsewhere.INTRODUCTION,
    *section_2.ENTRIES,
    *section_3.ENTRIES,
    *elsewhere.APPLICATIONS,
    *elsewhere.DISCUSSION,
    *appendix_a.ENTRIES,
    *elsewhere.APPENDICES,
)
"""All entries, in the order of the paper."""

__all__ = ["PAPER", "VERDICTS", "Entry", "ProofStep", "possible_verdicts"]
