"""The noise laws that a subject is asked for, and their values in words: each takes its part of the budget.

`theory.exact.noise_laws` has their moments, and more laws than these.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "gaussian": "",
        "rademacher": "-1 or 1",
        "uniform": "on [-sqrt(3), sqrt(3)]",
        "skewed": "2 with probability 1/5, otherwise -1/2",
    }
)
