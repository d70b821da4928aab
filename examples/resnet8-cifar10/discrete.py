"""Compression of the weights: balanced masks, the discrete set, and ADMM."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

# Channel c of a map lives in cluster c mod 2 of the machine `edge`; a schedule is as long as its fullest (row, cluster).
CLUSTERS, SLOT_CHANNELS = 2, 16
MOST = 7


def nearest_codes(weights: Tensor, scale: Tensor, rounds: int) -> Tuple[Tensor, Tensor]:
    """Codes −7..7 and one scale a row with small ‖weights − codes · scale‖², by alternating minimisation of codes and scale."""
    for _ in range(rounds):
        codes = rounded(weights, scale)
        power = (codes * codes).sum((1, 2, 3), keepdim=True)
        scale = torch.where(power > 0, (codes * weights).sum((1, 2, 3), keepdim=True) / power.clamp(min=1), scale)
    return rounded(weights, scale), scale


def rounded(weights: Tensor, scale: Tensor) -> Tensor:
    return (weights / scale.clamp(min=1e-8)).round().clamp(-MOST, MOST)


def best_codes(weights: Tensor) -> Tuple[Tensor, Tensor]:
    """As `nearest_codes`, started from the best of several scales in each row."""
    largest = weights.abs().amax((1, 2, 3), keepdim=True) / MOST
    best = None
    for share in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        codes, scale = nearest_codes(weights, largest * share, rounds=5)
        error = (weights - codes * scale).square().sum((1, 2, 3), keepdim=True)
        if best is None:
            best = (error, codes, scale)
        else:
            better = error < best[0]
            best = tuple(torch.where(better, new, old) for new, old in zip((error, codes, scale), best))
    return best[1], best[2]


def balanced_mask(weights: Tensor, density: float) -> Tensor:
    """Keeps the largest weights, equally many in each (row, cluster); for layers with few channels, in each row."""
    rows, channels = weights.shape[:2]
    clusters = CLUSTERS if channels >= SLOT_CHANNELS else 1
    cells = weights.detach().abs().reshape(rows, channels // clusters, clusters, -1).transpose(1, 2).flatten(2)
    count = int(density * cells.shape[2])
    kept = torch.zeros_like(cells).scatter_(2, cells.topk(count, dim=2).indices, 1)
    return kept.reshape(rows, clusters, channels // clusters, -1).transpose(1, 2).reshape(weights.shape)


def densities(shapes: Dict[str, torch.Size], density: float) -> Dict[str, float]:
    """The share that each layer keeps: the first twice the density, so the others a little less than it."""
    sizes = {name: shape.numel() for name, shape in shapes.items()}
    first = min(1.0, 2 * density)
    rest = sum(sizes.values()) - sizes["stem"]
    share = max(0.0, (density * (rest + sizes["stem"]) - first * sizes["stem"]) / rest)
    return {name: first if name == "stem" else min(1.0, share) for name in sizes}


class Admm:
    """min f(W) + ρ/2 ‖W − G + λ‖², G in the discrete set (arXiv 1707.09870)."""

    def __init__(self, matrices: List[torch.nn.Module], stored: Optional[Dict[str, List[Tensor]]] = None):
        self.matrices = matrices
        if stored:
            self.targets, self.duals = stored["targets"], stored["duals"]
        else:
            self.targets = [self.project(matrix.weight * matrix.mask, matrix) for matrix in matrices]
            self.duals = [torch.zeros_like(matrix.weight) for matrix in matrices]

    @staticmethod
    def project(weights: Tensor, matrix: torch.nn.Module) -> Tensor:
        codes, scale = best_codes(weights.detach() * matrix.mask)
        matrix.scale.copy_(scale)
        return codes * scale

    def penalty(self, strength: float) -> Tensor:
        """The penalty term, whose gradient is added to that of the loss."""
        distances = [
            (m.weight * m.mask - target + dual).square().sum()
            for m, target, dual in zip(self.matrices, self.targets, self.duals)
        ]
        return strength / 2 * torch.stack(distances).sum()

    @torch.no_grad()
    def update(self) -> None:
        for at, matrix in enumerate(self.matrices):
            kept = matrix.weight * matrix.mask
            self.targets[at] = self.project(kept + self.duals[at], matrix)
            self.duals[at] += kept - self.targets[at]

    @torch.no_grad()
    def settle(self) -> None:
        """Sets the weights to their discrete targets."""
        for matrix, target in zip(self.matrices, self.targets):
            matrix.weight.copy_(target)

    def state(self) -> Dict[str, List[Tensor]]:
        return {"targets": self.targets, "duals": self.duals}
