"""Writes the trained weights as a GGUF file that any llama.cpp program loads."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy
import torch

import template
import vocabulary
from network import Shape

_LIMIT = 6_000_000  # bytes: the model is part of the repository
_BLOCK_NAMES = {
    "attention_norm": "attn_norm", "query": "attn_q", "key": "attn_k", "value": "attn_v", "mix": "attn_output", "hidden_norm": "ffn_norm",
    "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
}


def _tensor_name(name: str) -> str:
    if name.startswith("blocks."):
        _, number, part, _ = name.split(".")
        return f"blk.{number}.{_BLOCK_NAMES[part]}.weight"
    return {"embedding.weight": "token_embd.weight", "norm.weight": "output_norm.weight"}[name]


def _add_metadata(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name("Minerva Demo")
    writer.add_description("A very small model that Minerva serves when no other is given. It knows some facts, counts, calls tools and answers in JSON.")
    writer.add_license("MIT")
    writer.add_size_label("3M")
    writer.add_languages(["en"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_vocab_size(shape.vocabulary)


def _add_vocabulary(writer: gguf.GGUFWriter, path: Path) -> None:
    data = json.loads(vocabulary.load(path).to_str())
    ids: dict[str, int] = dict(data["model"]["vocab"])
    ids.update({added["content"]: added["id"] for added in data["added_tokens"]})
    tokens = sorted(ids, key=lambda t: ids[t])
    kinds = [gguf.TokenType.CONTROL if t in vocabulary.CONTROL else gguf.TokenType.USER_DEFINED if t in vocabulary.USER_DEFINED else gguf.TokenType.NORMAL
             for t in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in data["model"]["merges"]])
    writer.add_bos_token_id(ids["<|endoftext|>"])
    writer.add_eos_token_id(ids["<|im_end|>"])
    writer.add_pad_token_id(ids["<|endoftext|>"])
    writer.add_add_bos_token(False)
    writer.add_chat_template(template.SOURCE)


def convert(weights: Path, tokenizer: Path, out: Path) -> None:
    saved = torch.load(weights, weights_only=True)
    shape = Shape(**saved["shape"])
    writer = gguf.GGUFWriter(out, "llama")
    _add_metadata(writer, shape)
    _add_vocabulary(writer, tokenizer)
    for name, tensor in saved["weights"].items():
        values = tensor.float().numpy()
        writer.add_tensor(_tensor_name(name), values.astype(numpy.float16) if values.ndim == 2 else values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    size = out.stat().st_size
    print(f"{out}: {size} bytes")
    if size > _LIMIT:
        raise SystemExit(f"{out} is larger than {_LIMIT} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    convert(arguments.weights, arguments.tokenizer, arguments.out)


if __name__ == "__main__":
    main()
