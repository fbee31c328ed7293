"""Learning rules: weights and feedback learned together, many runs at once.

``Runs`` puts methods times seeds on one axis; ``Runs.start`` is their first ``State``; ``step`` takes every
run one minibatch further, and ``advance`` many, on the fastest path. A ``Method`` is made of parts: how
weights change (``SGD``, ``Adam``), how feedback changes (``Fixed``, ``Transported``, ``Learned``,
``Matched``, ``WeightMirror``), with what ``Perturbation``, from which ``Start``; the methods by their names
in the literature are functions, ``backpropagation`` and others. Losses are summed over a minibatch, never
averaged, and rates are for that sum.
"""

from impl.learning.advance import PATHS, advance, path_of
from impl.learning.architecture import Architecture
from impl.learning.feedback_rules import Absent, Corrected, Fixed, Learned, Matched, Transported, WeightMirror
from impl.learning.fits import Descent, Normalised, Projected, Ridge, Whitening
from impl.learning.method import (
    Method,
    backpropagation,
    corrected,
    feedback_alignment,
    kolen_pollack,
    matched,
    node_perturbation,
    perturbation_alone,
    ridge_feedback,
    surprise_rule,
    synthetic_gradients,
    weight_mirror,
)
from impl.learning.passes import Clean, Signals, forward, losses
from impl.learning.perturbation import Perturbation
from impl.learning.recovery import joint_fit, recover
from impl.learning.runs import Runs
from impl.learning.start import Start
from impl.learning.state import State
from impl.learning.step import observe, step
from impl.learning.targets import TARGETS
from impl.learning.weight_rules import SGD, Adam, Only

__all__ = [
    "PATHS",
    "SGD",
    "TARGETS",
    "Absent",
    "Adam",
    "Architecture",
    "Clean",
    "Corrected",
    "Descent",
    "Fixed",
    "Learned",
    "Matched",
    "Method",
    "Normalised",
    "Only",
    "Perturbation",
    "Projected",
    "Ridge",
    "Runs",
    "Signals",
    "Start",
    "State",
    "Transported",
    "WeightMirror",
    "Whitening",
    "advance",
    "backpropagation",
    "corrected",
    "feedback_alignment",
    "forward",
    "joint_fit",
    "kolen_pollack",
    "losses",
    "matched",
    "node_perturbation",
    "observe",
    "path_of",
    "perturbation_alone",
    "recover",
    "ridge_feedback",
    "step",
    "surprise_rule",
    "synthetic_gradients",
    "weight_mirror",
]
