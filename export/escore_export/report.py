"""What an export did, as JSON and as a table."""

import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from escore.bundle.manifest import Manifest
from escore.difference import FP32_MAX, Gates
from escore_export.speed import Speed


@dataclass(frozen=True, slots=True)
class Report:
    """What an export did.

    bundle: the folder that was written.
    kind: where the checkpoint comes from, in words.
    remarks: what was changed of what its folder holds, in words.
    ids: how many words got the ids of transformers' own tokenizer; 0 for one of escore's.
    layers: of the encoder.
    fused: how many operators were fused, by name.
    fp32_bytes, model_bytes: sizes of the weights in fp32, and of the graph.
    gates: those that the bundle passed.
    """

    bundle: Path
    manifest: Manifest
    kind: str
    remarks: tuple[str, ...]
    ids: int
    layers: int
    fused: dict[str, int]
    fp32_bytes: int
    model_bytes: int
    gates: Gates
    speed: Speed

    def as_json(self) -> dict[str, Any]:
        """What `escore export --json` prints."""
        return {
            "bundle": str(self.bundle),
            "name": self.manifest.name,
            "version": self.manifest.version,
            "license": self.manifest.license,
            "checkpoint": self.kind,
            "remarks": list(self.remarks),
            "words_with_the_ids_of_transformers": self.ids,
            "precision": self.manifest.precision,
            "layers": self.layers,
            "fused": self.fused,
            "bytes": {"weights_fp32": self.fp32_bytes, "model": self.model_bytes},
            "parity": asdict(self.manifest.parity),
            "heads": {name: asdict(head) for name, head in self.manifest.heads.items()},
            "gates": asdict(self.gates),
            "words_per_second": asdict(self.speed),
            "next": self._next(),
        }

    def as_table(self) -> str:
        """What `escore export` prints: a row a line."""
        manifest, parity, fused, gates, speed = self.manifest, self.manifest.parity, self.fused, self.gates, self.speed
        model_size, fp32_size = (f"{size / 1e6:.1f} MB" for size in (self.model_bytes, self.fp32_bytes))
        rows = {
            "bundle": f"{self.bundle}: {manifest.model_name}, license: {manifest.license}",
            "size": f"{model_size} in {manifest.precision}; weights in fp32: {fp32_size}",
            "fused": f"attention {fused['Attention']} and GELU {fused['BiasGelu']} of {self.layers}, "
            f"layer norm {fused['SkipLayerNormalization']} of {2 * self.layers}, "
            f"embedding {fused['EmbedLayerNormalization']} of 1",
            **({"tokenizer": f"{self.ids} words: each has the ids of transformers' own"} if self.ids else {}),
            "parity": f"{parity.words} words: mean {parity.mean:g} of 300, 99th percentile {parity.p99:g}, "
            f"largest {parity.max:g}, marks changed {parity.marks_changed:.2%}",
            **{
                name: f"{head.words} words: mean {head.mean:g} of 1, 99th percentile {head.p99:g}, "
                f"largest {head.max:g}, answer changed {head.changed:.2%}"
                for name, head in manifest.heads.items()
            },
            "at most": f"mean {gates.mean:g}, 99th percentile {gates.p99:g}, marks changed {gates.marks_changed:.2%}",
            "fp32 graph": f"largest {parity.fp32_max:g} of 300, at most {FP32_MAX:g}",
            "words/s": f"{speed.torch:,.0f} in torch, {speed.bundle:,.0f} here: "
            f"{speed.bundle / speed.torch:.1f} times as many",
            "next": self._next(),
        }
        if manifest.precision == "fp32":
            del rows["at most"]
        return "".join(f"{name:<11} {value}\n" for name, value in rows.items())

    def _next(self) -> str:
        return f"escore run --model {shlex.quote(str(self.bundle))} FILE"
