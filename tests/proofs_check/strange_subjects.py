"""Subjects that misbehave on request: `draw_noise` does what its argument `family` says."""

import os
import signal
import subprocess
import sys
import time
from typing import ClassVar

import torch


class Strange:
    """Made anew for each claim; every object counts its own calls."""

    name = "strange"
    supports: ClassVar = {"activations": ["tanh", "relu"], "rules": ("FA",)}

    def __init__(self):
        self.calls = 0

    def draw_noise(self, sizes, draws, family="gaussian", seed=0):
        self.calls += 1
        good = [torch.full((draws, n), float(self.calls), dtype=torch.float64) for n in sizes]
        match family:
            case "raises":
                return {}["no such key"]
            case "raises in torch":
                return torch.zeros(2, 3) @ torch.zeros(2, 3)
            case "leaves":
                sys.exit("goodbye")
            case "hangs":
                time.sleep(60)
            case "hangs with a child":
                subprocess.run(["sleep", "60"])
            case "sleeps":
                time.sleep(0.3)
            case "exits":
                os._exit(3)
            case "crashes":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "prints":
                print("a line by print")
                os.write(1, b"a line to file descriptor 1\n")
            case "reads":
                assert sys.stdin.read() == ""
            case "None":
                return None
            case "one tensor":
                return good[0]
            case "numpy":
                return [tensor.numpy() for tensor in good]
            case "too few":
                return good[:-1]
            case "one row":
                return [tensor[:1] for tensor in good]
            case "float32":
                return [tensor.float() for tensor in good]
            case "sparse":
                return [tensor.to_sparse() for tensor in good]
            case "NaN":
                good[1][2, 0] = torch.nan
            case "infinity":
                good[0][0, 1] = -torch.inf
            case "large":
                return [tensor * 1.7e308 for tensor in good]
            case "process":
                return [torch.full((draws, n), float(os.getpid()), dtype=torch.float64) for n in sizes]
            case "requires grad":
                return [tensor.requires_grad_() for tensor in good]
            case "not contiguous":
                return [
                    torch.arange(float(draws * n), dtype=torch.float64).reshape(n, draws).T for n in sizes
                ]
            case "tuple":
                return tuple(good)
        return good

    def fit_feedback(self, estimates, errors, ridge=0.0):
        """Writes into what it was given."""
        answer = errors.T @ estimates
        estimates.zero_()
        errors.zero_()
        return answer

    def gradient_estimates(self, network, x, y, noise, c):
        """Writes into the weights, and returns what the first of them was."""
        answer = [network.weights[0][0, 0] * torch.ones_like(xi) for xi in noise]
        for weight in network.weights:
            weight.zero_()
        return answer

    def error_signals(self, network, feedback, x, y, rule):
        """Says what it was given, in numbers."""
        assert isinstance(network.weights, tuple)
        assert isinstance(network.activations, tuple)
        assert network.loss == "mse"
        return [
            torch.full((len(x), len(weight)), float(len(feedback))).double() for weight in network.weights
        ]


class RaisesWhenMade(Strange):
    def __init__(self):
        raise RuntimeError("cannot be made")


class HangsWhenMade(Strange):
    def __init__(self):
        time.sleep(60)


class SupportsNonsense(Strange):
    supports: ClassVar = {"activation": ["tanh"]}


class SupportsByProperty(Strange):
    name = None

    @property
    def supports(self):
        return {"losses": ["mse"]}


an_object = Strange()
