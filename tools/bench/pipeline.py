"""One whole command of diffusers, to compare with one of Jiffusion (not needed to build, test or use Jiffusion):

    ./jiffusion export bundled --out as-diffusers
    time python tools/bench/pipeline.py as-diffusers pictures
    time ./jiffusion sample --sampler ddim --steps 20 --count 64 --class 3 --out samples

Both make 64 digits of class 3 by DDIM in 20 steps, and write a PNG file for each and one of all.
"""

import pathlib
import sys

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DModel
from PIL import Image

COUNT, STEPS, CLASS = 64, 20, 3

source, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
unet = UNet2DModel.from_pretrained(source / "unet").eval()
scheduler = DDIMScheduler.from_pretrained(source / "scheduler")
if len(sys.argv) > 3 and sys.argv[3] == "bf16":
    unet = unet.to(torch.bfloat16, memory_format=torch.channels_last)
scheduler.set_timesteps(STEPS)
x = torch.randn(COUNT, 1, 32, 32)
labels = torch.full([COUNT], CLASS)
with torch.inference_mode():
    for t in scheduler.timesteps:
        eps = unet(x.to(unet.dtype), t, labels).sample.float()
        x = scheduler.step(eps, t, x).prev_sample
pixels = ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy()[:, 0]
for i, picture in enumerate(pixels):
    Image.fromarray(picture).save(out / f"image-{i:04d}.png")
Image.fromarray(np.concatenate([np.concatenate(row, 1) for row in pixels.reshape(8, 8, 32, 32)], 0)).save(out / "grid.png")
