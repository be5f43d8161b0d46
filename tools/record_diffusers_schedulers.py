"""Records what diffusers' schedulers make of one noise, for core/src/test/resources/solvers/diffusers_schedulers.json.

    python tools/record_diffusers_schedulers.py

The schedulers are run as they are, by their own defaults but for the settings named in each case. The network is
exact for the Gaussian mixture of core/src/test/resources/mixture and depends on the time label alone, so that a
wrong label shows. The noise of stochastic schedulers is a formula: number i of draw k is sqrt(2) sin(1.7 k + 0.9 i + 0.3).
Needs diffusers, torch, scipy and safetensors.
"""

import json
import math
import sys
from pathlib import Path

import diffusers
import torch
from safetensors.torch import load_file

RESOURCES = Path(__file__).parent.parent / "core/src/test/resources"
MIXTURE = load_file(RESOURCES / "mixture/plane.safetensors")
START = torch.tensor([0.7, -1.1, -0.4, 1.6], dtype=torch.float64).reshape(2, 2, 1, 1)
MANY = [2, 3, 4, 5, 8, 10, 14, 15, 20, 50]
FEW = [3, 7, 10, 20, 50]


def x0(x, alpha, sigma):
    w, m, s = (MIXTURE[k] for k in ("weights", "means", "stds"))
    v = alpha**2 * s**2 + sigma**2
    d = x[:, None] - alpha * m[None]
    logp = (w.log()[None] - 0.5 * (d**2 / v + torch.log(2 * math.pi * v)).flatten(2).sum(2))
    r = torch.softmax(logp, 1)[..., None, None, None]
    return (r * (m + alpha * s**2 * d / v)).sum(1)


def network(x, label, process, prediction, gain):
    """The exact answer; where the scheduler clips, of data that are gain times as large, so that it shows."""
    if process == "edm":
        sigma = math.exp(4 * label)
        y = x * math.sqrt(sigma**2 + 0.25)
        data = gain * x0(y, 1.0, sigma)
        return (data - 0.25 / (sigma**2 + 0.25) * y) / (sigma * 0.5 / math.sqrt(sigma**2 + 0.25))
    if process == "flow":
        sigma = (label + 0.5) / 1000
        data = x0(x, 1 - sigma, sigma)
        return (x - (1 - sigma) * data) / sigma - data
    n = label + 1  # near to the table of DDPM, and known between its steps
    sigma = math.sqrt(-math.expm1(-(1e-4 * n + 0.995e-5 * n * n)))
    alpha = math.sqrt(1 - sigma * sigma)
    data = gain * x0(x, alpha, sigma)
    eps = (x - alpha * data) / sigma
    return {"epsilon": eps, "sample": data, "v_prediction": alpha * eps - sigma * data}[prediction]


def run(name, config, steps):
    scheduler = getattr(diffusers, name)(**config)
    drawn = [0]

    def normal(shape, *args, dtype=torch.float64, **kwargs):
        i = torch.arange(math.prod(shape), dtype=torch.float64)
        z = math.sqrt(2) * torch.sin(1.7 * drawn[0] + 0.9 * i + 0.3)
        drawn[0] += 1
        return z.reshape(shape).to(dtype)

    sys.modules[scheduler.__class__.__module__].randn_tensor = normal
    scheduler.set_timesteps(steps)
    x = START * float(scheduler.init_noise_sigma)
    process = "edm" if name.startswith("EDM") else "flow" if config.get("use_flow_sigmas") else "table"
    gain = 3 if scheduler.config.get("thresholding") or scheduler.config.get("clip_sample") else 1
    for t in scheduler.timesteps:
        given = scheduler.scale_model_input(x, t)
        out = network(given.double(), float(t), process, config.get("prediction_type", "epsilon"), gain)
        x = scheduler.step(out, t, x).prev_sample.double()
    return [round(v, 9) for v in x.flatten().tolist()]


def settings():
    spacings = [("leading", 0), ("leading", 1), ("trailing", 0), ("linspace", 0)]

    def spaced(**more):
        return [{"timestep_spacing": s, **({"steps_offset": o} if o else {}), **more} for s, o in spacings]

    levels = [{f"use_{k}_sigmas": True} for k in ("karras", "exponential", "beta")]
    plain = dict(clip_sample=False)
    v0 = dict(rescale_betas_zero_snr=True, prediction_type="v_prediction", timestep_spacing="trailing")
    limit = dict(thresholding=True)
    limit15 = dict(thresholding=True, sample_max_value=1.5, dynamic_thresholding_ratio=0.5)
    few = [
        ("DDPMScheduler", [plain, dict(v0, clip_sample=False), limit15] + spaced(clip_sample=False)[2:]
         + [dict(variance_type="fixed_large", timestep_spacing="trailing", clip_sample=False)]),
        ("DDIMScheduler", [{}, dict(clip_sample_range=2.0, **limit), limit15, dict(v0, clip_sample=False),
                           dict(plain, set_alpha_to_one=False, steps_offset=1), dict(plain, set_alpha_to_one=False),
                           dict(plain, prediction_type="sample"), dict(plain, clip_sample_range=0.5, clip_sample=True),
                           dict(set_alpha_to_one=False), dict(limit15, set_alpha_to_one=False, prediction_type="sample")]
         + spaced(clip_sample=False)[1:]),
        ("PNDMScheduler", [dict(skip_prk_steps=True, steps_offset=1), dict(skip_prk_steps=True, set_alpha_to_one=True),
                            dict(skip_prk_steps=True, prediction_type="v_prediction"), dict(set_alpha_to_one=True)]
         + spaced(skip_prk_steps=True)[2:]),
        ("EulerDiscreteScheduler", spaced()[:3] + [v0] + levels + spaced(use_karras_sigmas=True)[1:3]
         + [dict(use_karras_sigmas=True, sigma_min=0.1, sigma_max=50.0)]),
        ("EulerAncestralDiscreteScheduler", spaced()[:3] + [v0]),
        ("HeunDiscreteScheduler", spaced(beta_start=1e-4, beta_end=0.02)[:3] + [dict(clip_sample=True)] + levels),
        ("KDPM2DiscreteScheduler", spaced()[:3] + levels),
        ("KDPM2AncestralDiscreteScheduler", spaced()[1:3]),
        ("LMSDiscreteScheduler", spaced()[:3] + levels),
        ("DPMSolverMultistepScheduler", spaced()[:3] + levels + [v0, limit, limit15] + [
            dict(solver_order=3), dict(solver_order=1), dict(solver_type="heun"), dict(euler_at_final=True),
            dict(final_sigmas_type="sigma_min"), dict(final_sigmas_type="sigma_min", solver_order=3),
            dict(final_sigmas_type="sigma_min", euler_at_final=True), dict(lower_order_final=False, solver_order=3),
            dict(use_karras_sigmas=True, final_sigmas_type="sigma_min"), dict(use_lu_lambdas=True),
            dict(algorithm_type="dpmsolver", final_sigmas_type="sigma_min"),
            dict(algorithm_type="dpmsolver", final_sigmas_type="sigma_min", solver_type="heun"),
            dict(algorithm_type="dpmsolver", final_sigmas_type="sigma_min", solver_order=3),
            dict(algorithm_type="sde-dpmsolver++"), dict(algorithm_type="sde-dpmsolver++", solver_type="heun"),
            dict(algorithm_type="sde-dpmsolver++", solver_order=1), dict(algorithm_type="sde-dpmsolver++", solver_order=3),
            dict(algorithm_type="sde-dpmsolver", final_sigmas_type="sigma_min"),
            dict(beta_schedule="squaredcos_cap_v2", lambda_min_clipped=-5.1),
            dict(use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=3.0)]),
        ("DPMSolverSinglestepScheduler", [
            dict(solver_order=3), dict(solver_order=1), dict(solver_type="heun"), dict(solver_type="heun", solver_order=3),
            dict(final_sigmas_type="sigma_min", lower_order_final=True), dict(use_karras_sigmas=True),
            dict(final_sigmas_type="sigma_min", lower_order_final=True, solver_order=3),
            dict(algorithm_type="dpmsolver", final_sigmas_type="sigma_min", solver_order=3, lower_order_final=True),
            dict(algorithm_type="sde-dpmsolver++")]),
        ("UniPCMultistepScheduler", spaced()[:3] + levels + [
            v0, dict(solver_order=3), dict(solver_type="bh1"), dict(predict_x0=False, final_sigmas_type="sigma_min"),
            dict(final_sigmas_type="sigma_min"),
            dict(use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=3.0)]),
        ("DEISMultistepScheduler", spaced()[:3] + levels + [dict(solver_order=3), dict(solver_order=1), limit]),
        ("SASolverScheduler", [dict(predictor_order=1, corrector_order=1), dict(predictor_order=3, corrector_order=3),
                               dict(predictor_order=3, corrector_order=4), dict(use_karras_sigmas=True)]),
        ("EDMEulerScheduler", [dict(sigma_schedule="exponential"), dict(sigma_max=10.0)]),
        ("EDMDPMSolverMultistepScheduler", [dict(sigma_schedule="exponential"), dict(solver_order=3),
                                            dict(final_sigmas_type="sigma_min"), limit15]),
    ]
    for name, variants in few:
        default = [4, 5, 8, 10, 20, 40, 50] if name.startswith("PNDM") else MANY
        if name.startswith("KDPM2A"):
            default = default[1:]  # in two steps it loses the level between to rounding
        yield name, dict(plain) if name == "DDIMScheduler" else {}, default
        for config in variants:
            even = name == "DPMSolverSinglestepScheduler"
            yield name, config, [3, 6, 7, 8, 10, 20] if even else FEW


def main():
    cases = []
    for name, config, numbers in settings():
        finals = {}
        for steps in numbers:
            try:
                finals[steps] = run(name, config, steps)
            except Exception as e:  # named, then left out
                print(name, config, steps, type(e).__name__, e)
        finals = {s: v for s, v in finals.items() if all(math.isfinite(x) for x in v)}
        cases.append({"scheduler": name, "config": config, "finals": finals})
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    out = RESOURCES / "solvers/diffusers_schedulers.json"
    out.write_text(f'{{"diffusers": "{diffusers.__version__}", "cases": [\n{lines}\n]}}\n')
    print(len(cases), "cases,", out.stat().st_size, "bytes")


main()
