"""Compares jiffusion evaluate with pytorch-fid and torch-fidelity (not needed to build, test or use Jiffusion).

    python tools/compare_fid.py --count 2000

Takes --count digits for training and as many for testing, as PNG files, and Inception v3 with weights of a formula in a
.pth file, which all three read. pytorch-fid and jiffusion with its preparation, torch-fidelity and jiffusion with its
preparation must agree within 1e-3; the distances are no FID, as the weights are not the published ones. Needs numpy,
scipy, Pillow, torch, pytorch-fid and torch-fidelity. Exit status 1 if they do not agree.
"""

import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools" / "bench"))
import inception  # noqa: E402

TOLERANCE = 1e-3


def write_digits(part, count, folder):
    folder.mkdir()
    with gzip.open(ROOT / f"data/mnist/{part}-images-idx3-ubyte.gz") as file:
        file.read(16)
        for i in range(count):
            pixels = numpy.frombuffer(file.read(28 * 28), numpy.uint8).reshape(28, 28)
            Image.fromarray(pixels).save(folder / f"{i:05}.png")
    return str(folder)


def of_pytorch_fid(a, b, weights):
    import pytorch_fid.inception
    from pytorch_fid.fid_score import calculate_fid_given_paths
    pytorch_fid.inception.load_state_dict_from_url = lambda *_, **__: torch.load(weights)
    return float(calculate_fid_given_paths([a, b], 50, "cpu", 2048, 0))


def of_torch_fidelity(a, b, weights):
    import torch_fidelity
    found = torch_fidelity.calculate_metrics(
        input1=a, input2=b, fid=True, cuda=False, cache=False, verbose=False, feature_extractor_weights_path=weights)
    return found["frechet_inception_distance"]


def of_jiffusion(command, a, b, weights, preparation, out):
    text = subprocess.run(
        [*command, "evaluate", "--images", a, "--against", b, "--features", weights, "--preparation", preparation,
         "--measures", "frechet", "--out", str(out), "--json"],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    measurements = json.loads(text)["rows"][0]["measurements"]
    return next(one["value"] for one in measurements if one["measure"].lower() == "frechet")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--jiffusion", nargs="+", default=[str(ROOT / "jiffusion")], help="how it is called")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        weights = str(folder / "inception.pth")
        torch.save(inception.formula_weights(), weights)
        a = write_digits("train", options.count, folder / "train")
        b = write_digits("t10k", options.count, folder / "test")
        worst = 0
        for preparation, theirs in (("pytorch-fid", of_pytorch_fid), ("torch-fidelity", of_torch_fidelity)):
            ours = of_jiffusion(options.jiffusion, a, b, weights, preparation, folder / f"out-{preparation}")
            expected = theirs(a, b, weights)
            worst = max(worst, abs(ours - expected))
            print(f"{preparation:15} {expected:.6f}   jiffusion {ours:.6f}   difference {ours - expected:+.1e}",
                  flush=True)
    if not worst <= TOLERANCE:
        raise SystemExit(f"illegal difference: {worst:.1e}, must be at most {TOLERANCE:g}")


if __name__ == "__main__":
    main()
