"""CIFAR-10 as two tensors of bytes, and batches of it that are the same for the same seed."""

import io
import os
import tarfile
from pathlib import Path
from typing import Iterator, Optional, Tuple

import numpy
import torch
from PIL import Image
from torch import Tensor

# The network takes (pixel − 128) ÷ 64, so that the pixels themselves are the codes of the quantised input.
MIDDLE, SPREAD = 128, 64


class Pictures:
    """Pictures [count, 32, 32, 3] of bytes, and their classes."""

    def __init__(self, pixels: Tensor, classes: Tensor):
        self.pixels, self.classes = pixels, classes

    @staticmethod
    def read(archive: Path, cache: Path, device: str) -> "Pictures":
        """Decodes `SPLIT/CLASS/NNNN.jpg` once; classes are numbered alphabetically."""
        if not cache.exists():
            with tarfile.open(archive) as tar:
                files = sorted((member for member in tar if member.isfile()), key=lambda member: member.name)
                folders = [member.name.split("/")[-2] for member in files]
                names = sorted(set(folders))
                pixels = numpy.stack(
                    [numpy.asarray(Image.open(io.BytesIO(tar.extractfile(m).read())).convert("RGB")) for m in files]
                )
            save({"pixels": torch.from_numpy(pixels), "classes": torch.tensor([names.index(f) for f in folders])}, cache)
        stored = torch.load(cache)
        return Pictures(stored["pixels"].to(device), stored["classes"].to(device))

    def first(self, count: Optional[int]) -> "Pictures":
        """`count` evenly spaced pictures, so that all classes are represented equally."""
        if count is None:
            return self
        order = torch.arange(count, device=self.pixels.device) * (len(self.pixels) // count)
        return Pictures(self.pixels[order], self.classes[order])

    def batches(self, size: int, seed: int) -> Iterator[Tuple[Tensor, Tensor]]:
        """All pictures once, in an order drawn from the seed, each moved by up to 4 pixels and mirrored or not."""
        draw = torch.Generator().manual_seed(seed)
        count, device = len(self.pixels), self.pixels.device
        order = torch.randperm(count, generator=draw).to(device)
        moves = torch.randint(-4, 5, (2, count, 1), generator=draw).to(device)
        mirrored = torch.randint(0, 2, (count, 1), generator=draw, dtype=torch.bool).to(device)
        line = torch.arange(32, device=device)
        for start in range(0, count - size + 1, size):
            index = order[start : start + size]
            rows, columns = line + moves[0, index], line + moves[1, index]
            inside = ((rows >= 0) & (rows < 32))[:, :, None] & ((columns >= 0) & (columns < 32))[:, None, :]
            columns = torch.where(mirrored[index], columns.flip(1), columns)
            inside = torch.where(mirrored[index][:, :, None], inside.flip(2), inside)
            pixels = self.pixels[index[:, None, None], rows.clamp(0, 31)[:, :, None], columns.clamp(0, 31)[:, None, :]]
            yield real(pixels) * inside[:, None], self.classes[index]

    def in_order(self, size: int = 500) -> Iterator[Tuple[Tensor, Tensor]]:
        for start in range(0, len(self.pixels), size):
            yield real(self.pixels[start : start + size]), self.classes[start : start + size]


def real(pixels: Tensor) -> Tensor:
    """Bytes [count, height, width, 3] as the network takes them: [count, 3, height, width], channels last in memory."""
    return ((pixels.float() - MIDDLE) / SPREAD).permute(0, 3, 1, 2)


def save(value: object, path: Path) -> None:
    """Writes a temporary file, then renames it: a process that is stopped leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    torch.save(value, beside)
    os.replace(beside, path)
