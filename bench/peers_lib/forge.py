"""The models that the workloads run on: the demo model, and ones of random weights, made once and kept in build/models/."""
import pathlib
import subprocess
import sys


def model(root: pathlib.Path, preset: str) -> pathlib.Path:
    if preset == "demo":
        return root / "models" / "minerva-demo.gguf"
    path = root / "build" / "models" / f"{preset}.gguf"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"forging {path.name} (once)", flush=True)
        unfinished = path.with_suffix(".unfinished.gguf")
        subprocess.run([sys.executable, root / "tools/forge-model/forge.py", unfinished, "--preset", preset, "--type", "Q4_K_M"],
                       check=True)
        unfinished.rename(path)
    return path
