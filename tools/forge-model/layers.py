#!/usr/bin/env python3
"""The same model with another number of layers.

    tools/forge-model/layers.py models/minerva-demo.gguf deep.gguf --layers 64     # says the same, takes longer
    tools/forge-model/layers.py models/minerva-demo.gguf rough.gguf --layers 3     # says something like it, sooner

Layers that are added are copies of the last one whose output matrices are zero, so that they compute and add nothing.
Layers that go are the last ones. So there are pairs of models for speculation that agree always, or often. It needs
python3-gguf and python3-numpy.
"""
import argparse
import pathlib

import numpy
from gguf import GGUFReader, GGUFValueType, GGUFWriter

OUTPUTS = ("attn_output.weight", "ffn_down.weight")


def copy_metadata(reader: GGUFReader, writer: GGUFWriter, architecture: str, n_layers: int) -> None:
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        value = n_layers if name == f"{architecture}.block_count" else field.contents()
        kind = field.types[0]
        writer.add_key_value(name, value, kind, sub_type=field.types[-1] if kind == GGUFValueType.ARRAY else None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--layers", type=int, required=True)
    args = parser.parse_args()

    reader = GGUFReader(args.source)
    architecture = reader.fields["general.architecture"].contents()
    n_source = int(reader.fields[f"{architecture}.block_count"].contents())
    writer = GGUFWriter(args.target, architecture)
    copy_metadata(reader, writer, architecture, args.layers)

    def add(name: str, tensor, data: numpy.ndarray) -> None:
        writer.add_tensor(name, data, raw_dtype=tensor.tensor_type)

    for tensor in reader.tensors:
        prefix, _, rest = tensor.name.partition(".")
        number, _, part = rest.partition(".")
        if prefix != "blk":
            add(tensor.name, tensor, tensor.data)
        elif int(number) < args.layers:
            add(tensor.name, tensor, tensor.data)
            if int(number) == n_source - 1:
                for layer in range(n_source, args.layers):
                    data = numpy.zeros_like(tensor.data) if part in OUTPUTS else tensor.data
                    add(f"blk.{layer}.{part}", tensor, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
