"""Somebody's training script: a tanh network whose feedback is learnt by node perturbation."""

import torch


class Model:
    def __init__(self, sizes):
        pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
        self.W = [torch.randn(n, m, dtype=torch.float64) / m**0.5 for n, m in pairs]
        self.B = [torch.zeros(n, m, dtype=torch.float64) for n, m in pairs[1:]]

    def forward(self, x, noise=None):
        layers = [x]
        for k, W in enumerate(self.W):
            h = torch.tanh(layers[-1] @ W.T)
            layers.append(h + noise[k] if noise is not None and k < len(self.B) else h)
        return layers

    def loss(self, out, y):
        return 0.5 * ((out - y) ** 2).sum(1)

    def perturb(self, x, y, noise, c):
        clean, noisy = self.forward(x)[-1], self.forward(x, [c * xi for xi in noise])[-1]
        change = (self.loss(noisy, y) - self.loss(clean, y)) / c
        return [change.unsqueeze(1) * xi for xi in noise]

    def backward(self, x, y):
        layers = self.forward(x)
        errors = [(layers[-1] - y) * (1 - layers[-1] ** 2)]
        for B, h in zip(reversed(self.B), reversed(layers[1:-1]), strict=True):
            errors.insert(0, (errors[0] @ B) * (1 - h**2))
        return errors


def regress(lam, e, gamma):
    return torch.linalg.pinv(e.T @ e + gamma * torch.eye(e.shape[1]), rtol=1e-11, hermitian=True) @ e.T @ lam


def train(steps=200, c=1e-3, rate=0.05):
    torch.manual_seed(0)
    model, teacher = Model([8, 6, 6, 3]), Model([8, 6, 6, 3])
    for _ in range(steps):
        x = torch.randn(64, 8, dtype=torch.float64)
        y = teacher.forward(x)[-1]
        lam = model.perturb(x, y, [torch.randn(64, 6, dtype=torch.float64) for _ in model.B], c)
        for k in reversed(range(len(model.B))):
            model.B[k] += 0.1 * (regress(lam[k], model.backward(x, y)[k + 1], 0.1) - model.B[k])
        for W, e, h in zip(model.W, model.backward(x, y), model.forward(x), strict=False):
            W -= rate * e.T @ h / len(x)
    return float(model.loss(model.forward(x)[-1], y).mean())


if __name__ == "__main__":
    print("loss", train())
