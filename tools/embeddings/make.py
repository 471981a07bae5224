"""Makes embeddings of sentences with all-MiniLM-L6-v2, on numpy alone. See README.md."""

import argparse
import json
import os
import re
import struct
import sys

import numpy
from tokenizers import Tokenizer

LAYERS = 6
HEADS = 12
EPSILON = 1e-12
# So many sentences, of nearly equal length, go through the model together.
TOGETHER = 32
# So many numbers stay in the processor's cache while a function of several steps is computed.
CACHED = 1 << 15


def read_safetensors(path):
    """Returns the tensors of a file in the format safetensors, as float32."""
    types = {"F32": numpy.float32, "F16": numpy.float16, "I64": numpy.int64}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        head = json.loads(file.read(length))
        data = file.read()
    tensors = {}
    for name, entry in head.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            values = numpy.frombuffer(data[start:end], types[entry["dtype"]])
            tensors[name] = values.reshape(entry["shape"]).astype(numpy.float32)
    return tensors


def normalized(values, weights, name):
    mean = values.mean(-1, keepdims=True)
    variance = ((values - mean) ** 2).mean(-1, keepdims=True)
    return (values - mean) / numpy.sqrt(variance + EPSILON) * weights[name + ".weight"] + weights[name + ".bias"]


def dense(values, weights, name):
    return values @ weights[name + ".weight"].T + weights[name + ".bias"]


def erf(values):
    """The error function, exact to 1.5e-7."""
    sign, values = numpy.sign(values), numpy.abs(values)
    t = 1 / (1 + 0.3275911 * values)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return sign * (1 - series * numpy.exp(-values * values))


def gelu(values):
    """The activation function, in place."""
    flat = values.reshape(-1)
    for start in range(0, len(flat), CACHED):
        part = flat[start : start + CACHED]
        part *= 0.5 * (1 + erf(part / numpy.sqrt(numpy.float32(2))))
    return values


def embed(tokens, mask, weights):
    rows, length = tokens.shape
    values = (
        weights["embeddings.word_embeddings.weight"][tokens]
        + weights["embeddings.position_embeddings.weight"][:length]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    values = normalized(values, weights, "embeddings.LayerNorm")
    hidden = values.shape[-1]
    hide = (1 - mask)[:, None, None, :] * numpy.float32(-1e9)
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}."

        def split(name):
            part = dense(values, weights, prefix + "attention.self." + name)
            return part.reshape(rows, length, HEADS, hidden // HEADS).transpose(0, 2, 1, 3)

        scores = split("query") @ split("key").transpose(0, 1, 3, 2) / numpy.sqrt(numpy.float32(hidden // HEADS)) + hide
        scores = numpy.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ split("value")
        mixed = mixed.transpose(0, 2, 1, 3).reshape(rows, length, hidden)
        mixed = dense(mixed, weights, prefix + "attention.output.dense")
        values = normalized(values + mixed, weights, prefix + "attention.output.LayerNorm")
        inner = gelu(dense(values, weights, prefix + "intermediate.dense"))
        inner = dense(inner, weights, prefix + "output.dense")
        values = normalized(values + inner, weights, prefix + "output.LayerNorm")
    weight = mask[:, :, None]
    pooled = (values * weight).sum(1) / weight.sum(1)
    return pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True)


def embed_all(encoded, weights):
    """Returns the embeddings of sentences. Those of nearly equal length go together, so that little is padded."""
    order = sorted(range(len(encoded)), key=lambda row: len(encoded[row].ids))
    vectors = numpy.zeros((len(encoded), 384), "<f4")
    for start in range(0, len(order), TOGETHER):
        rows = order[start : start + TOGETHER]
        longest = len(encoded[rows[-1]].ids)
        tokens = numpy.zeros((len(rows), longest), numpy.int64)
        mask = numpy.zeros((len(rows), longest), numpy.float32)
        for place, row in enumerate(rows):
            ids = encoded[row].ids
            tokens[place, : len(ids)] = ids
            mask[place, : len(ids)] = 1
        vectors[rows] = embed(tokens, mask, weights)
    return vectors


def sentences_of(folders):
    """Returns the sentences of the texts in folders, each once, in an order that is the same in every run."""
    seen = set()
    for folder in folders:
        for root, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if not name.endswith((".txt", ".rst", ".md", ".py", ".pyi", "copyright")):
                    continue
                with open(os.path.join(root, name), errors="ignore") as file:
                    text = file.read(400_000)
                if name.endswith((".py", ".pyi")):
                    text = "\n\n".join(re.findall(r'"""(.*?)"""', text, re.S))
                for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n", text):
                    sentence = " ".join(sentence.split())
                    if 30 <= len(sentence) <= 300 and sentence.count(" ") >= 4:
                        seen.add(sentence)
    return sorted(seen, key=lambda sentence: hash_of(sentence))


def hash_of(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("out", help="folder for the batches: float32, 384 numbers a sentence")
    parser.add_argument("texts", nargs="+", help="folders with texts")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--part", default="1/1", help="which part of the batches, such as 1/2, to use several cores")
    parser.add_argument("--fixture", help="a file for the first --count embeddings, as bytes: see README.md")
    options = parser.parse_args()
    weights = read_safetensors(os.path.join(options.model, "model.safetensors"))
    weights = {name.removeprefix("bert."): tensor for name, tensor in weights.items()}
    tokenizer = Tokenizer.from_file(os.path.join(options.model, "tokenizer.json"))
    tokenizer.enable_truncation(64)
    tokenizer.no_padding()
    os.makedirs(options.out, exist_ok=True)
    sentences = sentences_of(options.texts)[: options.count]
    print(len(sentences), "sentences", file=sys.stderr)
    part, parts = (int(number) for number in options.part.split("/"))
    for number, start in enumerate(range(0, len(sentences), options.batch)):
        path = os.path.join(options.out, f"{number:05}.f32")
        if number % parts != part - 1 or os.path.exists(path):
            continue
        vectors = embed_all(tokenizer.encode_batch(sentences[start : start + options.batch]), weights)
        with open(path + ".part", "wb") as file:
            file.write(vectors.tobytes())
        os.replace(path + ".part", path)
    if options.fixture:
        write_fixture(options)


def write_fixture(options):
    """Writes embeddings as signed bytes: each number times 127 and divided by the largest of all."""
    names = sorted(name for name in os.listdir(options.out) if name.endswith(".f32"))
    rows = [numpy.fromfile(os.path.join(options.out, name), "<f4").reshape(-1, 384) for name in names]
    rows = numpy.concatenate(rows)[: options.count]
    rounded = numpy.rint(rows / numpy.abs(rows).max() * 127).astype(numpy.int8)
    with open(options.fixture, "wb") as file:
        file.write(rounded.tobytes())


main()
