"""Compares a model exported by `jiffusion export` with diffusers (not needed to build, test or use Jiffusion).

Needs Python with torch, diffusers, numpy and safetensors. Loads the exported folder with all warnings as errors,
samples by DDIM from the same noise as jiffusion did, and prints the PSNR between the two results before rounding:

    ./jiffusion export bundled --dtype fp32 --out as-diffusers
    python tools/compare_with_diffusers.py as-diffusers --noise-out noise.npy --count 4 --shape 1 32 32
    ./jiffusion sample --model bundled --noise noise.npy --count 4 --class 3 --sampler ddim --steps 50 \
        --spacing leading --precision fp32 --format npy --float --out ours
    python tools/compare_with_diffusers.py as-diffusers --noise noise.npy --values ours/values.npy --steps 50 --class 3
"""

import argparse
import warnings

import numpy as np

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("folder", help="what jiffusion export wrote")
parser.add_argument("--noise-out", help="write noise to start from, and end")
parser.add_argument("--count", type=int, default=4)
parser.add_argument("--shape", type=int, nargs=3, default=[1, 32, 32])
parser.add_argument("--noise", help="noise [N, C, H, W] that both start from, npy")
parser.add_argument("--values", help="what jiffusion made of it, values.npy")
parser.add_argument("--steps", type=int, default=50)
parser.add_argument("--class", dest="label", type=int)
parser.add_argument("--plain", action="store_true", help="eps is not derived again from the clipped image")
args = parser.parse_args()

if args.noise_out:
    noise = np.random.default_rng(0).standard_normal([args.count, *args.shape])
    np.save(args.noise_out, noise.astype(np.float32))
    raise SystemExit

warnings.simplefilter("error")
import torch  # noqa: E402
from diffusers import DDIMScheduler, DiffusionPipeline  # noqa: E402

pipeline = DiffusionPipeline.from_pretrained(args.folder)
scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
scheduler.set_timesteps(args.steps)
x = torch.from_numpy(np.load(args.noise)).float()
labels = None if args.label is None else torch.full((len(x),), args.label)
with torch.no_grad():
    for t in scheduler.timesteps:
        output = pipeline.unet(x, t, class_labels=labels).sample[:, : x.shape[1]]
        x = scheduler.step(output, t, x, use_clipped_model_output=not args.plain).prev_sample
error = np.load(args.values) - x.numpy()
print(f"PSNR {10 * np.log10(4 / np.mean(error ** 2)):.1f} dB, largest difference {np.abs(error).max():.2e}")
