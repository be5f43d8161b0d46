"""Jiffusion and its rivals take turns (not needed to build, test or use Jiffusion).

    python tools/bench/duel.py --network cifar10 --batch 16 --rounds 15 \
        plan-bf16 libtorch-bf16 openvino-bf16-1 openvino-bf16-2 diffusers-bf16

Every contender is a process of its own with the same U-Net and random weights. In a round each does one piece of work on
--batch images, in an order that changes from round to round. Prints medians, bests, and the median of each round's ratio
to the first contender: other work on the machine slows the contenders of a round alike.

Jiffusion: plan-bf16, plan-fp32, libtorch-bf16, libtorch-fp32, train-bf16, train-fp32. Rivals: diffusers-fp32,
diffusers-fp32-channels, diffusers-bf16, diffusers-compiled, openvino-bf16-1, openvino-bf16-2, openvino-fp32-1,
openvino-fp32-2, onnxruntime, pytorch-bf16, pytorch-fp32 (the last two train).
"""

import argparse
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OURS = ("plan", "libtorch", "train")


class Contender:
    def __init__(self, name, network, batch):
        self.name = name
        if name.split("-")[0] in OURS:
            java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else "java"
            command = [java, "-XX:+UseSerialGC", "-cp", f"{ROOT}/app/target/jiffusion.jar:{ROOT}/app/target/lib/*",
                       str(HERE / "Contender.java"), name, network, str(batch)]
            environment = dict(os.environ, OMP_NUM_THREADS="1")
        else:
            command = [sys.executable, str(HERE / "rivals.py"), name, network, str(batch)]
            environment = None
        began = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL, env=environment)
        self.until("ready")
        print(f"{name}: ready after {time.perf_counter() - began:.1f} s", file=sys.stderr)

    def until(self, word=None):
        for line in self.process.stdout:
            line = line.strip()
            if line == word:
                return None
            if word is None:
                return float(line)
        raise SystemExit(f"{self.name} ended; run its script alone to see why")

    def work(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self.until()


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except OSError:
        return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contenders", nargs="+")
    parser.add_argument("--network", choices=["cifar10", "mnist"], default="cifar10")
    parser.add_argument("--batch", type=int, default=16, help="images of a turn, by all threads together")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    contenders = [Contender(name, args.network, args.batch) for name in args.contenders]
    took = {contender.name: [] for contender in contenders}
    shuffled = random.Random(0)
    for _ in range(args.rounds):
        for contender in shuffled.sample(contenders, len(contenders)):
            took[contender.name].append(contender.work())
    print(f"{processor()}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}, load {os.getloadavg()[0]:.1f}")
    print(f"{args.network}, {args.batch} images a turn, {args.rounds} rounds; images a second\n")
    print(f"{'contender':24} {'median':>8} {'best':>8} {'first is faster by':>20}")
    first = took[args.contenders[0]]
    for name, seconds in took.items():
        ratio = statistics.median(s / f for s, f in zip(seconds, first))
        print(f"{name:24} {args.batch / statistics.median(seconds):8.1f} {args.batch / min(seconds):8.1f} {ratio:20.2f}")


if __name__ == "__main__":
    main()
