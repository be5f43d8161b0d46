"""Jiffusion, pytorch-fid and torch-fidelity take turns at Inception v3 (not needed to build, test or use Jiffusion).

    python tools/bench/inception.py --size 32 --batch 32 --rounds 9

Every contender is a process of its own, in float32 on --threads cores (default: all), with the same weights: those
of a formula, which cost what the published ones do. In a round each takes --batch images of --size x --size random
bytes to 2048 features, resizing included, in an order that changes from round to round. Prints images a second and the
median of each round's ratio to the first contender. Other work on the machine slows OpenMP's threads, which wait for
each other, more than Jiffusion's: on a busy machine --threads 1 is the fair comparison. Needs torch, pytorch-fid and
torch-fidelity, and the program built (mvn package).
"""

import argparse
import json
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FORMULA = ROOT / "core/src/test/resources/inception/weights.json"
CONTENDERS = ("jiffusion", "pytorch-fid", "torch-fidelity")


def formula_weights():
    """The tensors of core/src/test/resources/inception/weights.json, by the formula of the README beside it."""
    import numpy
    import torch
    formula = json.loads(FORMULA.read_text())
    tensors = {}
    for tensor in formula["tensors"]:
        name, shape = tensor["name"], tensor["shape"]
        if name.endswith("num_batches_tracked"):
            tensors[name] = torch.tensor(0)
            continue
        count = int(numpy.prod(shape, dtype=numpy.int64))
        start = (zlib.crc32((formula["salt"] + name).encode()) << 32) & (2**64 - 1)
        with numpy.errstate(over="ignore"):
            z = numpy.arange(count, dtype=numpy.uint64) + numpy.uint64((start + 0x9E3779B97F4A7C15) & (2**64 - 1))
            z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
            z = z ^ (z >> numpy.uint64(31))
        uniform = (z >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53
        values = (tensor["offset"] + tensor["scale"] * (2 * uniform - 1)).astype(numpy.float32)
        tensors[name] = torch.from_numpy(values.reshape(shape))
    return tensors


def pytorch_fid(weights):
    import pytorch_fid.inception
    import torch
    pytorch_fid.inception.load_state_dict_from_url = lambda *_, **__: torch.load(weights)
    network = pytorch_fid.inception.InceptionV3([3]).eval()
    return lambda images: network(images.float() / 255)[0]


def torch_fidelity(weights):
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    return FeatureExtractorInceptionV3("inception", ["2048"], feature_extractor_weights_path=weights)


def rival(name, options):
    """Answers every line of stdin with the seconds of one piece of work."""
    import torch
    torch.set_num_threads(options.threads)
    work = {"pytorch-fid": pytorch_fid, "torch-fidelity": torch_fidelity}[name](options.weights)
    torch.manual_seed(1)
    images = torch.randint(256, (options.batch, 3, options.size, options.size), dtype=torch.uint8)
    with torch.inference_mode():
        work(images)
        print("ready", flush=True)
        for _ in sys.stdin:
            began = time.perf_counter()
            work(images)
            print(time.perf_counter() - began, flush=True)


class Contender:
    def __init__(self, name, weights, options):
        self.name = name
        size, batch, threads = str(options.size), str(options.batch), str(options.threads)
        environment = dict(os.environ)
        if name == "jiffusion":
            home = os.environ.get("JAVA_HOME")
            java = os.path.join(home, "bin", "java") if home else "java"
            command = [java, "-XX:+UseSerialGC", f"-XX:ActiveProcessorCount={threads}",
                       "-cp", f"{ROOT}/app/target/jiffusion.jar:{ROOT}/app/target/lib/*",
                       str(HERE / "InceptionContender.java"), weights, "torch-fidelity", size, batch]
            environment["OMP_NUM_THREADS"] = "1"  # as the launcher sets it: threads are Jiffusion's own
        else:
            command = [sys.executable, __file__, "--rival", name, "--weights", weights, "--size", size,
                       "--batch", batch, "--threads", threads]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)
        self.answer("ready")

    def answer(self, word=None):
        for line in self.process.stdout:
            if word is None or line.strip() == word:
                return None if word else float(line)
        raise SystemExit(f"{self.name} ended")

    def work(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self.answer()


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rival", choices=CONTENDERS[1:], help=argparse.SUPPRESS)
    parser.add_argument("--weights", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rival:
        rival(options.rival, options)
        return
    import torch
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "inception.pth")
        torch.save(formula_weights(), weights)
        contenders = [Contender(name, weights, options) for name in CONTENDERS]
        seconds = {contender.name: [] for contender in contenders}
        order = random.Random(1)
        for _ in range(options.rounds):
            for contender in order.sample(contenders, len(contenders)):
                seconds[contender.name].append(contender.work())
        for contender in contenders:
            contender.process.stdin.close()
            contender.process.wait()
    print(f"{processor()}, {options.threads} of {os.cpu_count()} cores, {options.rounds} rounds; "
          f"{options.batch} images of {options.size}x{options.size}")
    for name in CONTENDERS:
        ratio = statistics.median(theirs / ours for ours, theirs in zip(seconds[CONTENDERS[0]], seconds[name]))
        print(f"{name:16}{options.batch / statistics.median(seconds[name]):8.2f} images/s (median)"
              f"{options.batch / min(seconds[name]):8.2f} (best){ratio:8.2f} x the time of {CONTENDERS[0]}")


if __name__ == "__main__":
    main()
