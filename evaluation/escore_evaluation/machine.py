"""What this machine is: its processor, the cores and the memory that it grants, and versions."""

import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from escore.concurrency import cgroup

# What decides how fast, and how exactly, products of 8 bits run; x86 first, then ARM.
FLAGS = ("avx2", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "asimddp", "i8mm", "sve")
_KINDS = {
    "avx512_vnni": "AVX-512 with VNNI",
    "avx_vnni": "AVX2 with VNNI",
    "avx512f": "AVX-512 without VNNI",
    "avx2": "AVX2 only",
    "asimddp": "ARM with dot product",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides how fast, and how exactly, a machine scores.

    processor: its name.
    flags: those of FLAGS that it has.
    kind: what the flags come to, in a few words.
    cores: how many this process may use.
    memory: bytes that this process may use; None if unknown.
    system: name, release and architecture.
    versions: of escore, python, numpy, onnxruntime and tokenizers.
    """

    processor: str
    flags: tuple[str, ...]
    kind: str
    cores: int
    memory: int | None
    system: str
    versions: dict[str, str]


def read_machine() -> Machine:
    """Read this machine: /proc and /sys on Linux, what Python knows elsewhere."""
    import numpy
    import tokenizers

    import escore  # before onnxruntime, which else reports its use
    from escore.concurrency.cores import usable_cores

    import onnxruntime  # isort: skip

    name, flags = parse_cpuinfo(cgroup.read(Path("/proc/cpuinfo")))
    release = ".".join(re.findall(r"\d+", platform.release())[:2])
    limits = [limit for limit in (_physical(), memory_limit()) if limit is not None]
    return Machine(
        processor=name or platform.processor() or platform.machine(),
        flags=flags,
        kind=processor_kind(flags),
        cores=usable_cores(),
        memory=min(limits, default=None),
        system=f"{platform.system()} {release} {platform.machine()}",
        versions={
            "escore": escore.__version__,
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "onnxruntime": onnxruntime.__version__,
            "tokenizers": tokenizers.__version__,
        },
    )


def parse_cpuinfo(cpuinfo: str) -> tuple[str, tuple[str, ...]]:
    """The name and the flags of the first processor in the text of /proc/cpuinfo; "" and () where it has none."""
    lines = (line.partition(":") for line in cpuinfo.strip().split("\n\n")[0].splitlines())
    fields = {name.strip(): value.strip() for name, _, value in lines}
    name = fields.get("model name", "")
    if not name and "CPU part" in fields:  # ARM gives numbers only
        name = f"ARM, implementer {fields.get('CPU implementer', '?')}, part {fields['CPU part']}"
    flags = set((fields.get("flags") or fields.get("Features") or "").split())
    return name, tuple(flag for flag in FLAGS if flag in flags)


def processor_kind(flags: tuple[str, ...]) -> str:
    """The best way to multiply 8-bit numbers that a processor with these flags has; else the architecture's name."""
    return next((name for flag, name in _KINDS.items() if flag in flags), platform.machine())


def memory_limit(root: Path = Path("/")) -> int | None:
    """The lowest memory limit, in bytes, of this process's cgroups and all above them; None where there is none.

    cgroup v2 says it in memory.max, v1 in memory.limit_in_bytes. `root` is as in cgroup.folders.
    """
    texts = (
        (cgroup.read(folder / "memory.max") or cgroup.read(folder / "memory.limit_in_bytes")).strip()
        for folder in cgroup.folders("memory", root)
    )
    # Without a limit v2 says "max", and v1 the largest number of pages.
    limits = [int(text) for text in texts if text.isdecimal()]
    return min((limit for limit in limits if limit < 1 << 62), default=None)


def peak_memory() -> int | None:
    """The peak of this process's resident memory so far, in bytes; None where the system does not say."""
    if match := re.search(r"VmHWM:\s+(\d+) kB", cgroup.read(Path("/proc/self/status"))):
        return int(match[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _physical() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows, or a system that does not say
        return None
