"""One stage of training: from the end of another to its own, epoch by epoch, with a checkpoint after each."""

import copy
import math
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional

import torch
from torch import Tensor
from torch.nn import functional as F

from discrete import Admm, balanced_mask, densities
from network import ResNet8
from pictures import Pictures, save

BATCH = 128
DECAY = 2e-4
# Pairs of batches between two projections of ADMM, and its strength at the first and the last epoch.
BETWEEN, WEAK, STRONG = 20, 0.02, 2.0


@dataclass(frozen=True)
class Stage:
    name: str
    source: Optional[str]
    step: str  # float, sparse, weights or maps
    epochs: int
    rate: float
    density: float = 1.0


class Run:
    """The stages that are done, in a folder of checkpoints."""

    def __init__(self, train: Pictures, test: Pictures, folder: Path, device: str, bfloat16: bool = False):
        self.train, self.test, self.folder, self.device, self.bfloat16 = train, test, folder, device, bfloat16
        self.done: Dict[str, Stage] = {}

    def epochs(self, stage: Stage) -> int:
        """All epochs up to the end of a stage."""
        return stage.epochs + (self.epochs(self.done[stage.source]) if stage.source else 0)

    def load(self, name: str) -> Dict[str, object]:
        return torch.load(self.folder / f"{name}.state", map_location=self.device)

    def network(self, state: Dict[str, Tensor], step: str) -> ResNet8:
        network = ResNet8().to(self.device, memory_format=torch.channels_last)
        network.load_state_dict(state)
        for matrix in network.matrices():
            matrix.discrete = step == "maps"
        for grid in network.grids():
            grid.active = step == "maps"
        return network

    def finish(self, stage: Stage) -> ResNet8:
        """Trains the remaining epochs of a stage; returns its network."""
        self.done[stage.name] = stage
        path = self.folder / f"{stage.name}.state"
        stored = self.load(stage.name) if path.exists() else None
        trainer = Trainer(self, stage, stored)
        for epoch in range(stored["epoch"] if stored else 0, stage.epochs):
            start = time.time()
            loss = trainer.epoch(epoch)
            last = epoch + 1 == stage.epochs
            if last:
                trainer.close()
            save({"epoch": epoch + 1, **trainer.state()}, path)
            measured = accuracy(trainer.network, self.test) if last or epoch % 5 == 4 else {}
            print(f"{stage.name} {epoch + 1}/{stage.epochs} loss {loss:.4f} {time.time() - start:.0f} s {measured}", flush=True)
        return trainer.network


class Trainer:
    def __init__(self, run: Run, stage: Stage, stored: Optional[Dict[str, object]]):
        self.run, self.stage = run, stage
        torch.manual_seed(1)
        if stored:
            state = stored["network"]
        elif stage.source:
            state = run.load(stage.source)["network"]
        else:
            state = ResNet8().state_dict()
        self.network = run.network(state, stage.step)
        self.teacher: Optional[ResNet8] = None
        if stage.step != "float":
            self.teacher = run.network(run.load("baseline")["network"], "float").eval()
        small = [value for value in self.network.parameters() if value.dim() < 4]
        large = [value for value in self.network.parameters() if value.dim() == 4]
        groups = [{"params": large, "weight_decay": DECAY}, {"params": small, "weight_decay": 0.0}]
        # Extragradient steps have no momentum.
        momentum = 0.0 if stage.step == "weights" else 0.9
        self.optimizer = torch.optim.SGD(groups, stage.rate, momentum=momentum, nesterov=momentum > 0)
        self.admm: Optional[Admm] = None
        if stage.step == "weights":
            self.admm = Admm(list(self.network.matrices()), stored["admm"] if stored else None)
        if stored:
            self.optimizer.load_state_dict(stored["optimizer"])

    def state(self) -> Dict[str, object]:
        admm = {"admm": self.admm.state()} if self.admm else {}
        return {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(), **admm}

    def epoch(self, epoch: int) -> float:
        """Trains on all batches once; returns the mean loss."""
        self.network.train()
        seed = zlib.crc32(f"{self.stage.name} {epoch}".encode())
        batches = self.run.train.batches(BATCH, seed)
        count = len(self.run.train.pixels) // BATCH
        total = 0.0
        for at, (x, classes) in enumerate(batches):
            progress = (epoch + at / count) / self.stage.epochs
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate(progress)
            if self.stage.step == "sparse" and at % 100 == 0:
                self.prune(progress)
            if self.admm and at == count - 1 and at % 2 == 0:
                break  # a prediction that nothing would correct
            if self.admm:
                total += self.extragradient(at, progress, x, classes)
            else:
                total += self.backward(x, classes, 0.0)
                self.optimizer.step()
        return total / count

    def rate(self, progress: float) -> float:
        """Up over the first tenth, then down along a cosine."""
        warm = min(1.0, progress * 10 + 0.01)
        return self.stage.rate * warm * (1 + math.cos(math.pi * progress)) / 2 + 1e-4

    def backward(self, x: Tensor, classes: Tensor, strength: float) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(torch.device(self.run.device).type, torch.bfloat16, enabled=self.run.bfloat16):
            scores = self.network(x).float()
            with torch.no_grad():
                answers = self.teacher(x).float() if self.teacher else None
        loss = F.cross_entropy(scores, classes)
        if answers is not None:
            wanted = F.log_softmax(answers / 2, 1)
            distance = F.kl_div(F.log_softmax(scores / 2, 1), wanted, reduction="batchmean", log_target=True)
            loss = 0.5 * loss + 0.5 * 4 * distance
        value = loss.item()
        if self.admm:
            loss = loss + self.admm.penalty(strength)
        loss.backward()
        return value

    def extragradient(self, at: int, progress: float, x: Tensor, classes: Tensor) -> float:
        """Even batches predict: a step from here. Odd ones correct: from the same point, along the gradient of the predicted one."""
        strength = WEAK * (STRONG / WEAK) ** progress
        parameters = list(self.network.parameters())
        if at % 2 == 0:
            self.here = [value.detach().clone() for value in parameters]
        value = self.backward(x, classes, strength)
        if at % 2 == 1:
            with torch.no_grad():
                for parameter, start in zip(parameters, self.here):
                    parameter.copy_(start)
        self.optimizer.step()
        if at % (2 * BETWEEN) == 2 * BETWEEN - 1:
            self.admm.update()
        return value

    def prune(self, progress: float) -> None:
        """Zeros grow along a cubic over the first 70 % of the stage; masked weights are not trained."""
        left = max(0.0, 1 - progress / 0.7) ** 3
        density = self.stage.density + (1 - self.stage.density) * left
        matrices = list(self.network.matrices())
        shares = densities({matrix.name: matrix.weight.shape for matrix in matrices}, density)
        for matrix in matrices:
            matrix.mask.copy_(balanced_mask(matrix.weight * matrix.mask, shares[matrix.name]))

    def close(self) -> None:
        """The end of a stage: discrete weights take their values, and the statistics of batch norms are computed for them."""
        if self.stage.step == "sparse":
            self.prune(1.0)
        if self.admm:
            self.admm.update()
            self.admm.settle()
        if self.stage.step in ("weights", "maps"):
            estimate(self.network, self.run.train)


@torch.no_grad()
def estimate(network: ResNet8, pictures: Pictures) -> None:
    """Batch norms' statistics over 10,000 training pictures, with the weights as they are used."""
    frozen = copy.deepcopy([matrix.scale for matrix in network.matrices()])
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    network.eval()
    for norm in norms:
        norm.train()
        norm.reset_running_stats()
        norm.momentum = None
    for at, (x, _) in zip(range(20), pictures.batches(500, 0)):
        network(x)
    for norm in norms:
        norm.momentum = 0.1
    assert all(torch.equal(a, matrix.scale) for a, matrix in zip(frozen, network.matrices()))


@torch.no_grad()
def accuracy(network: ResNet8, pictures: Pictures) -> Dict[str, float]:
    """Accuracy, and the share of zeros among the weights."""
    network.eval()
    right = sum(int((network(x).argmax(1) == classes).sum()) for x, classes in pictures.in_order())
    weights = [matrix.effective() for matrix in network.matrices()]
    zeros = sum(int((weight == 0).sum()) for weight in weights) / sum(weight.numel() for weight in weights)
    return {"accuracy": right / len(pictures.pixels), "zeros": round(zeros, 4)}
