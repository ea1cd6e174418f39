"""Trains tiny-chat: python3 train.py FOLDER [SECONDS]

Reads FOLDER/tokens.bin (prepare-training.ts), writes FOLDER/weights.bin and FOLDER/weights.json (export.ts).
Needs only torch (Debian: python3-torch and libopenblas0-pthread; with the reference BLAS it is 16 times slower).
The sizes are those of tinyChatShape in llama-model.ts. The model has Meta's layout of rotary positions (adjacent
pairs), which is what llama.cpp expects, so that no row of q and k has to be permuted on export.
"""

import json
import math
import sys
import time
from array import array
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

DIMENSION, LAYERS, HEADS, FEED_FORWARD = 128, 4, 4, 352
HEAD_SIZE = DIMENSION // HEADS
VOCABULARY = 713
WINDOW = 128  # tokens in a training example
BATCH = 16
PEAK_RATE = 3e-3


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(DIMENSION))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


def rotary_tables():
    frequencies = 1.0 / (10000 ** (torch.arange(0, HEAD_SIZE, 2).float() / HEAD_SIZE))
    angles = torch.outer(torch.arange(WINDOW).float(), frequencies)
    return angles.cos(), angles.sin()


COS, SIN = rotary_tables()
CAUSAL = torch.full((WINDOW, WINDOW), float("-inf")).triu(1)


def rotate(x):
    """Turns each adjacent pair of a head by an angle that grows with the position."""
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = COS[: x.shape[-2]], SIN[: x.shape[-2]]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        linear = lambda size_in, size_out: nn.Linear(size_in, size_out, bias=False)
        self.attn_norm, self.ffn_norm = Norm(), Norm()
        self.attn_q, self.attn_k = linear(DIMENSION, DIMENSION), linear(DIMENSION, DIMENSION)
        self.attn_v, self.attn_output = linear(DIMENSION, DIMENSION), linear(DIMENSION, DIMENSION)
        self.ffn_gate, self.ffn_up = linear(DIMENSION, FEED_FORWARD), linear(DIMENSION, FEED_FORWARD)
        self.ffn_down = linear(FEED_FORWARD, DIMENSION)

    def forward(self, x):
        batch, length, _ = x.shape
        heads = lambda y: y.view(batch, length, HEADS, HEAD_SIZE).transpose(1, 2)
        h = self.attn_norm(x)
        q, k, v = rotate(heads(self.attn_q(h))), rotate(heads(self.attn_k(h))), heads(self.attn_v(h))
        scores = q @ k.transpose(-1, -2) / math.sqrt(HEAD_SIZE) + CAUSAL[:length, :length]
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, DIMENSION)
        x = x + self.attn_output(mixed)
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, DIMENSION)
        nn.init.normal_(self.embedding.weight, std=0.05)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.output_norm = Norm()

    def forward(self, ids):
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x)
        return self.output_norm(x) @ self.embedding.weight.t()

    def tensors(self):
        """The weights under their names in a GGUF file."""
        yield "token_embd.weight", self.embedding.weight
        yield "output_norm.weight", self.output_norm.weight
        for layer, block in enumerate(self.blocks):
            for name, parameter in block.named_parameters():
                yield f"blk.{layer}.{name}", parameter


def train(tokens, seconds):
    model = Model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=0.01)
    begun = time.time()
    step, smoothed = 0, None
    while (elapsed := time.time() - begun) < seconds:
        # 50 steps of warm-up, then down in a straight line over the time that is given.
        rate = PEAK_RATE * min(1, (step + 1) / 50) * max(0.05, 1 - elapsed / seconds)
        for group in optimizer.param_groups:
            group["lr"] = rate
        starts = torch.randint(0, len(tokens) - WINDOW - 1, (BATCH,))
        examples = torch.stack([tokens[start : start + WINDOW + 1] for start in starts])
        logits = model(examples[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), examples[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step += 1
        smoothed = loss.item() if smoothed is None else 0.95 * smoothed + 0.05 * loss.item()
        if step % 50 == 0:
            rate = step * BATCH * WINDOW / (time.time() - begun)
            print(f"step {step}  loss {smoothed:.3f}  {rate:.0f} tokens/s", flush=True)
    return model


def write_weights(model, folder):
    index, position = {}, 0
    with open(folder / "weights.bin", "wb") as file:
        for name, parameter in model.tensors():
            values = array("f", parameter.detach().float().flatten().tolist())
            index[name] = {"offset": position, "elements": len(values)}
            values.tofile(file)
            position += len(values) * values.itemsize
    (folder / "weights.json").write_text(json.dumps(index))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: train.py FOLDER [SECONDS]")
    folder = Path(sys.argv[1])
    torch.manual_seed(0)
    torch.set_num_threads(1)
    # The ids are below 713, so that signed 16 bits read what unsigned 16 bits wrote.
    ids = torch.frombuffer(bytearray((folder / "tokens.bin").read_bytes()), dtype=torch.int16).long()
    write_weights(train(ids, float(sys.argv[2]) if len(sys.argv) > 2 else 240), folder)
