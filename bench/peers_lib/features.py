"""Minerva's features that can be switched off, and how. Each name is what `--without` takes."""
import dataclasses

from peers_lib.servers import Server

ALL_ON = "minerva"


@dataclasses.dataclass(frozen=True)
class Feature:
    arguments: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


FEATURES = {
    "step-budget": Feature(("--max-itl-ms", "0")),
    "prefix-reuse": Feature(("--cache-prompt=false",)),
    "host-tier": Feature(("--cache-ram", "0")),
    "speculation": Feature(("--spec-type", "none")),
    "row-kernels": Feature(environment=(("GGML_CPU_TILED_MM", "1"),)),
    "plain-attention": Feature(("--flash-attn", "on")),
    "plain-attention": Feature(("--flash-attn", "on")),
    # What libgomp does when nobody says anything (its manual, GOMP_SPINCOUNT).
    "short-spin": Feature(environment=(("GOMP_SPINCOUNT", "300000"),)),
}


def without(server: Server, name: str) -> Server:
    feature = FEATURES[name]
    return dataclasses.replace(server, name=f"without {name}", command=[*server.command, *feature.arguments],
                               environment=dict(feature.environment))
