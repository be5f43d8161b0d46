"""The rivals of Jiffusion, one a process (not needed to build, test or use Jiffusion).

    python tools/bench/rivals.py NAME NETWORK BATCH

makes the U-Net of a preset (cifar10 or mnist) with random weights and says "ready". For every line on stdin it does one
piece of work on BATCH images, an evaluation or a training step, and prints the seconds that it took. `duel.py` starts
these and takes turns among them. Needs torch and diffusers; openvino, onnxruntime and onnx for those of their names.
"""

import copy
import sys
import time

import torch
from diffusers import UNet2DModel

NETWORKS = {
    "cifar10": dict(
        sample_size=32, in_channels=3, out_channels=3, layers_per_block=2, block_out_channels=(128, 256, 256, 256),
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=None, downsample_padding=0, norm_eps=1e-6, dropout=0.1),
    "mnist": dict(
        sample_size=32, in_channels=1, out_channels=1, layers_per_block=1, block_out_channels=(32, 64, 64),
        down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
        attention_head_dim=None, downsample_padding=1, norm_num_groups=8, norm_eps=1e-5, num_class_embeds=11),
}


def network(name):
    torch.manual_seed(0)
    return UNet2DModel(**NETWORKS[name])


class Plain(torch.nn.Module):
    """Tensors in, a tensor out: what exporters understand."""

    def __init__(self, unet):
        super().__init__()
        self.unet = unet

    def forward(self, x, t, *labels):
        return self.unet(x, t, *labels, return_dict=False)[0]


def inputs(name, batch):
    config = NETWORKS[name]
    x = torch.randn(batch, config["in_channels"], 32, 32)
    labels = [torch.zeros(batch, dtype=torch.int64)] if "num_class_embeds" in config else []
    return [x, torch.full([batch], 500), *labels]


def evaluation(kind, name, batch):
    """diffusers in PyTorch: fp32, fp32 or bf16 in channels-last, the latter compiled."""
    unet = network(name).eval()
    x, *rest = inputs(name, batch)
    if "channels" in kind or "bf16" in kind or "compiled" in kind:
        unet = unet.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    if "bf16" in kind or "compiled" in kind:
        unet, x = unet.to(torch.bfloat16), x.to(torch.bfloat16)
    module = Plain(unet)
    if "compiled" in kind:
        module = torch.compile(module)

    def work():
        with torch.inference_mode():
            module(x, *rest)

    return work


def openvino(kind, name, batch):
    """OpenVINO: all images in one request, or half of them in each of two streams."""
    import openvino as ov

    streams = 2 if kind.endswith("-2") else 1
    example = tuple(inputs(name, batch // streams))
    with torch.no_grad():
        model = ov.convert_model(Plain(network(name).eval()), example_input=example)
    for port, value in zip(model.inputs, example):
        port.get_node().set_partial_shape(ov.PartialShape(list(value.shape)))
    model.validate_nodes_and_infer_types()
    compiled = ov.Core().compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": "f32" if "fp32" in kind else "bf16", "NUM_STREAMS": streams,
                       "PERFORMANCE_HINT": "THROUGHPUT" if streams > 1 else "LATENCY"})
    values = [value.numpy() for value in example]
    if streams == 1:
        request = compiled.create_infer_request()
        return lambda: request.infer(values)
    queue = ov.AsyncInferQueue(compiled, streams)

    def work():
        for _ in range(streams):
            queue.start_async(values)
        queue.wait_all()

    return work


def onnxruntime(kind, name, batch):
    import tempfile

    import onnxruntime as ort

    example = tuple(inputs(name, batch))
    path = tempfile.mkdtemp() + "/unet.onnx"
    names = ["x", "t", "labels"][: len(example)]
    torch.onnx.export(Plain(network(name).eval()), example, path, input_names=names, dynamo=False)
    options = ort.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    values = {key: value.numpy() for key, value in zip(names, example)}
    return lambda: session.run(None, values)


def training(kind, name, batch):
    """A step with AdamW (fused), clipping and an average of the weights; bf16 is autocast in channels-last."""
    unet = network(name).train().to(memory_format=torch.channels_last)
    average = copy.deepcopy(unet).requires_grad_(False)
    optimiser = torch.optim.AdamW(unet.parameters(), lr=2e-4, weight_decay=0, fused=True)
    x0, t, *labels = inputs(name, batch)
    x0 = x0.to(memory_format=torch.channels_last)
    alpha = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)

    def work():
        times = torch.randint(0, 1000, [batch])
        noise = torch.randn_like(x0)
        a = alpha[times].view(-1, 1, 1, 1)
        x = a.sqrt() * x0 + (1 - a).sqrt() * noise
        with torch.autocast("cpu", torch.bfloat16, enabled="bf16" in kind):
            out = unet(x, times, *labels, return_dict=False)[0]
        loss = torch.nn.functional.mse_loss(out.float(), noise)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimiser.step()
        torch._foreach_lerp_(list(average.parameters()), list(unet.parameters()), 1e-4)

    return work


def main():
    kind, name, batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
    makers = {"diffusers": evaluation, "openvino": openvino, "onnxruntime": onnxruntime, "pytorch": training}
    work = makers[kind.split("-")[0]](kind, name, batch)
    work()
    work()
    print("ready", flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        work()
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
