#!/usr/bin/env python3
"""Makes a GGUF model of random weights: the shape, quantization and vocabulary of a real one, the sense of none.

For benchmarks (speed depends on shapes and types, not on what the weights say) and for tests that need many models, or
broken ones. The same arguments give the same file. Needs python3-gguf and python3-numpy.

  forge.py tiny.gguf --preset tiny
  forge.py bench.gguf --preset 258m --type Q4_K_M
  forge.py small.gguf --preset tiny --layers 6 --type Q8_0 --seed 7
  forge.py huge.gguf --preset 7b --layers 2000 --type F16 --sparse
  forge.py broken.gguf --preset tiny --break truncated
  forge.py recurrent.gguf --preset tiny --arch mamba
"""

import argparse
import sys
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

import blocks
import breakage
import mamba
import shapes
import vocabulary

FILE_TYPES = {
    "F32": (gguf.LlamaFileType.ALL_F32, Type.F32),
    "F16": (gguf.LlamaFileType.MOSTLY_F16, Type.F16),
    "BF16": (gguf.LlamaFileType.MOSTLY_BF16, Type.BF16),
    "Q8_0": (gguf.LlamaFileType.MOSTLY_Q8_0, Type.Q8_0),
    "Q4_0": (gguf.LlamaFileType.MOSTLY_Q4_0, Type.Q4_0),
    "Q4_K_M": (gguf.LlamaFileType.MOSTLY_Q4_K_M, Type.Q4_K),
}


def tensor_type(file_type: str, name: str, layer: int, layers: int) -> Type:
    """The type of one matrix. Q4_K_M is a mix; which tensors get six bits follows llama-quantize 0.7."""
    if file_type != "Q4_K_M":
        return FILE_TYPES[file_type][1]
    more_bits = layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2
    if name == "output.weight" or (more_bits and name.endswith(("attn_v.weight", "ffn_down.weight"))):
        return Type.Q6_K
    return Type.Q4_K


def tensors(shape: shapes.Shape) -> list[tuple[str, int, int, int]]:
    """(name, layer, rows, columns) in file order; a vector has 0 rows."""
    found = [("token_embd.weight", 0, shape.vocab, shape.width)]
    for layer in range(shape.layers):
        rows = {
            "attn_norm": (0, shape.width),
            "attn_q": (shape.width, shape.width),
            "attn_k": (shape.kv_width, shape.width),
            "attn_v": (shape.kv_width, shape.width),
            "attn_output": (shape.width, shape.width),
            "ffn_norm": (0, shape.width),
            "ffn_gate": (shape.ff, shape.width),
            "ffn_up": (shape.ff, shape.width),
            "ffn_down": (shape.width, shape.ff),
        }
        found += [(f"blk.{layer}.{part}.weight", layer, *size) for part, size in rows.items()]
    return [*found, ("output_norm.weight", 0, 0, shape.width), ("output.weight", 0, shape.vocab, shape.width)]


def add_metadata(writer: gguf.GGUFWriter, shape: shapes.Shape, words: vocabulary.Vocabulary, args: argparse.Namespace) -> None:
    writer.add_name(args.name or f"forged {args.output.stem}")
    writer.add_file_type(FILE_TYPES[args.type][0])
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ff)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(10000.0)
    if args.arch == "mamba":
        mamba.add_metadata(writer, shape)
    writer.add_vocab_size(shape.vocab)
    writer.add_tokenizer_model(words.model)
    writer.add_token_list(words.tokens)
    writer.add_token_types(words.types)
    if words.model == "llama":
        writer.add_token_scores([-float(index) for index in range(len(words.tokens))])
        writer.add_add_bos_token(True)
        writer.add_add_space_prefix(False)
    else:
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_merges(words.merges)
        writer.add_add_bos_token(False)
    writer.add_bos_token_id(words.bos)
    writer.add_eos_token_id(words.eos)
    if not args.no_template:
        writer.add_chat_template(args.template.read_text() if args.template else vocabulary.CHAT_TEMPLATE)


def write_model(path: Path, shape: shapes.Shape, args: argparse.Namespace) -> None:
    words = vocabulary.KINDS[args.tokenizer](shape.vocab)
    writer = gguf.GGUFWriter(path, "unheard-of" if args.broken == "arch" else args.arch)
    add_metadata(writer, shape, words, args)
    wanted = mamba.tensors(shape) if args.arch == "mamba" else tensors(shape)
    if args.broken == "missing-tensor":
        wanted = [entry for entry in wanted if entry[0] != "blk.0.attn_q.weight"]
    if args.broken == "shape":
        wanted = [(name, layer, rows + 32 if name == "blk.0.attn_q.weight" else rows, columns)
                  for name, layer, rows, columns in wanted]

    def kind_of(name: str, layer: int, rows: int) -> Type:
        return Type.F32 if rows == 0 or mamba.is_kept_exact(name) else tensor_type(args.type, name, layer, shape.layers)

    n_bytes = 0
    for name, layer, rows, columns in wanted:
        kind = kind_of(name, layer, rows)
        size = (columns if rows == 0 else rows * columns) // blocks.WEIGHTS_PER_BLOCK[kind] * gguf.GGML_QUANT_SIZES[kind][1]
        n_bytes += writer.ggml_pad(size, writer.data_alignment)
        writer.add_tensor_info(name, (columns,) if rows == 0 else (rows, columns), np.dtype(np.float32), size, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    if args.sparse:
        file = writer.fout[0]
        file.truncate(writer.ggml_pad(file.tell(), writer.data_alignment) + n_bytes)
        writer.close()
        return
    for index, (name, layer, rows, columns) in enumerate(wanted):
        # Its own stream a tensor: the same weights whatever other tensors the file has.
        rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence([args.seed, index])))
        if rows == 0:
            writer.write_tensor_data(np.ones(columns, dtype=np.float32))
            continue
        if name.endswith("ssm_a"):
            writer.write_tensor_data(mamba.decay(rows, columns))
            continue
        std = {"token_embd.weight": 1.0, "output.weight": 3.0 / columns**0.5}.get(name, columns**-0.5)
        silent = words.silent if name == "output.weight" else None
        writer.write_tensor_data(blocks.random_matrix(rng, kind_of(name, layer, rows), rows, columns, std, silent))
    writer.close()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--arch", choices=("llama", "mamba"), default="llama", help="(default: llama)")
    parser.add_argument("--preset", choices=shapes.PRESETS, default="tiny", help="where the shape begins (default: tiny)")
    for dimension in ("layers", "width", "heads", "kv-heads", "ff", "vocab", "context"):
        parser.add_argument(f"--{dimension}", type=int, metavar="N", help="instead of the preset's")
    parser.add_argument("--type", choices=FILE_TYPES, default="F16", help="(default: F16)")
    parser.add_argument("--tokenizer", choices=vocabulary.KINDS, default="spm", help="SentencePiece or BPE (default: spm)")
    parser.add_argument("--template", type=Path, metavar="FILE", help="a chat template instead of ChatML's")
    parser.add_argument("--no-template", action="store_true", help="leave the chat template out")
    parser.add_argument("--name", help="general.name")
    parser.add_argument("--seed", type=int, default=1, help="(default: 1)")
    parser.add_argument("--sparse", action="store_true", help="no weights: zeroes that take no room on the disk")
    parser.add_argument("--break", dest="broken", choices=breakage.KINDS, help="make a broken file")
    return parser.parse_args()


def main() -> int:
    args = parse_arguments()
    unfinished = args.output.with_name(args.output.name + ".part")
    try:
        shape = shapes.with_changes(shapes.PRESETS[args.preset], layers=args.layers, width=args.width, heads=args.heads,
                                    kv_heads=args.kv_heads, ff=args.ff, vocab=args.vocab, context=args.context)
        shape.check()
        write_model(unfinished, shape, args)
        if args.broken in breakage.AFTERWARDS:
            breakage.AFTERWARDS[args.broken](unfinished)
        unfinished.replace(args.output)
    except (ValueError, OSError) as error:
        unfinished.unlink(missing_ok=True)
        print(f"forge.py: {error}", file=sys.stderr)
        return 2
    size = args.output.stat().st_size / 2**20
    print(f"{args.output}: {shape.parameters() / 1e6:.1f}M parameters, {args.type}, {size:.1f} MiB"
          + (f", broken: {args.broken}" if args.broken else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
