"""ResNet-8 on CIFAR-10 in four steps: train, prune, discrete weights (ADMM), discrete feature maps. Stopped at any time, it resumes.

python3 examples/resnet8-cifar10/train.py --data FOLDER --checkpoints FOLDER --out FOLDER
"""

import argparse
import json
import time
from pathlib import Path

import torch

from export import export
from network import ResNet8
from pictures import Pictures
from stages import Run, Stage, accuracy

ZEROS = (0.5, 0.75)
# Epochs of each step. The float baseline continues from the same first step for as many epochs as the other steps together.
EPOCHS = {"float": 20, "sparse": 10, "weights": 8, "maps": 14}


def plan() -> "list[Stage]":
    rest = EPOCHS["sparse"] + EPOCHS["weights"] + EPOCHS["maps"]
    stages = [
        Stage("float", None, "float", EPOCHS["float"], rate=0.1),
        Stage("baseline", "float", "float", rest, rate=0.1),
    ]
    for zeros in ZEROS:
        tag = f"{round(100 * zeros)}"
        stages += [
            Stage(f"sparse-{tag}", "float", "sparse", EPOCHS["sparse"], rate=0.05, density=1 - zeros),
            Stage(f"weights-{tag}", f"sparse-{tag}", "weights", EPOCHS["weights"], rate=0.05),
            Stage(f"maps-{tag}", f"weights-{tag}", "maps", EPOCHS["maps"], rate=0.04),
        ]
    return stages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with train.tar and test.tar")
    parser.add_argument("--checkpoints", type=Path, required=True, help="where the state of each epoch is kept")
    parser.add_argument("--out", type=Path, required=True, help="where models and results are written")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bfloat16", action="store_true", help="convolutions of training in bfloat16, where that is faster")
    parser.add_argument("--limit", type=int, help="use only so many pictures, to try the script")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.backends.cudnn.deterministic = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False

    given.checkpoints.mkdir(parents=True, exist_ok=True)
    train, test = (
        Pictures.read(given.data / f"{split}.tar", given.checkpoints / f"{split}.pt", given.device).first(given.limit)
        for split in ("train", "test")
    )
    run = Run(train, test, given.checkpoints, given.device, given.bfloat16)
    results = {}
    for stage in plan():
        start = time.time()
        network = run.finish(stage)
        results[stage.name] = {"epochs": run.epochs(stage), **accuracy(network, test)}
        print(f"{stage.name}: {results[stage.name]} after {time.time() - start:.0f} s", flush=True)
        if stage.step == "maps":
            given.out.mkdir(parents=True, exist_ok=True)
            export(network, given.out / f"resnet8-{stage.name.split('-')[1]}.onnx")
            (given.out / "results.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
