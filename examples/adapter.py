import torch
from training import Model, regress


class Mine:
    name = "somebody's training code"
    supports = {"activations": ["tanh"], "losses": ["mse"], "rules": ["FA"], "noise": ["gaussian"]}

    regress = staticmethod(regress)

    def model(self, network, feedback=()):
        model = Model([1, 1])
        model.W = list(network.weights)
        model.B = list(feedback) or [torch.zeros_like(W) for W in model.W[1:]]
        return model

    def gradient_estimates(self, network, x, y, noise, c):
        return self.model(network).perturb(x, y, noise, c)

    def error_signals(self, network, feedback, x, y, rule):
        return self.model(network, feedback).backward(x, y)

    def fit_feedback(self, estimates, errors, ridge=0.0):
        return self.regress(estimates, errors, ridge)

    def draw_noise(self, sizes, draws, family="gaussian", seed=0):
        generator = torch.Generator().manual_seed(seed)
        return [torch.randn(draws, n, generator=generator, dtype=torch.float64) for n in sizes]


class Mended(Mine):
    name = "somebody's training code, mended"

    @staticmethod
    def regress(lam, e, gamma):
        eye = torch.eye(e.shape[1], dtype=e.dtype)
        return torch.linalg.pinv(e.T @ e + gamma * eye, rtol=1e-11, hermitian=True) @ e.T @ lam
