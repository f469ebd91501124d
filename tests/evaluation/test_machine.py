"""The machine is read from the texts that a system keeps of itself."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.files import write_files

from escore_evaluation.machine import memory_limit, parse_cpuinfo, peak_memory, processor_kind, read_machine

ZEN3 = """\
processor	: 0
vendor_id	: AuthenticAMD
model name	: AMD EPYC 7763 64-Core Processor
flags		: fpu sse4_2 avx f16c rdrand bmi1 avx2 smep bmi2 erms sha_ni vaes
bugs		: sysret_ss_attrs

processor	: 1
model name	: another
flags		: avx512f
"""
ZEN4 = "model name\t: AMD EPYC 9B14\nflags\t\t: fpu f16c avx2 avx512f avx512_bf16 avx512_vnni avx512vl\n"
SKYLAKE = "model name\t: Intel(R) Xeon(R) CPU @ 2.00GHz\nflags\t\t: f16c avx2 avx512f avx512dq avx512vl\n"
ALDER_LAKE = "model name\t: 12th Gen Intel(R) Core(TM) i7-12700\nflags\t\t: f16c avx2 avx_vnni\n"
OLD = "model name\t: Intel(R) Xeon(R) CPU X5650\nflags\t\t: fpu sse4_2\n"
GRAVITON3 = """\
processor	: 0
BogoMIPS	: 2100.00
Features	: fp asimd crc32 atomics asimdhp asimdrdm asimddp sve asimdfhm svei8mm i8mm bf16
CPU implementer	: 0x41
CPU architecture: 8
CPU part	: 0xd40
"""


@pytest.mark.parametrize(
    ("text", "name", "flags", "what"),
    [
        (ZEN3, "AMD EPYC 7763 64-Core Processor", ("avx2", "f16c"), "AVX2 only"),
        (ZEN4, "AMD EPYC 9B14", ("avx2", "f16c", "avx512f", "avx512_vnni", "avx512_bf16"), "AVX-512 with VNNI"),
        (SKYLAKE, "Intel(R) Xeon(R) CPU @ 2.00GHz", ("avx2", "f16c", "avx512f"), "AVX-512 without VNNI"),
        (ALDER_LAKE, "12th Gen Intel(R) Core(TM) i7-12700", ("avx2", "f16c", "avx_vnni"), "AVX2 with VNNI"),
        (OLD, "Intel(R) Xeon(R) CPU X5650", (), platform.machine()),
        (GRAVITON3, "ARM, implementer 0x41, part 0xd40", ("asimddp", "i8mm", "sve"), "ARM with dot product"),
        ("", "", (), platform.machine()),
    ],
)
def test_a_processor_is_parsed(text: str, name: str, flags: tuple[str, ...], what: str) -> None:
    assert parse_cpuinfo(text) == (name, flags)
    assert processor_kind(flags) == what


V1 = "5:cpu,cpuacct:/elsewhere\n4:memory:/docker/abc\n0::/\n"
V1_NONE = "9223372036854771712\n"


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n"}, 1 << 30),
        (  # the lowest on the way up counts
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/memory.max": "max\n",
                "sys/fs/cgroup/a/memory.max": "500\n",
                "sys/fs/cgroup/memory.max": "900\n",
            },
            500,
        ),
        (  # a container sees its own group at the top, under the host's name
            {"proc/self/cgroup": "0::/host/pod/x\n", "sys/fs/cgroup/memory.max": "700\n"},
            700,
        ),
        ({"proc/self/cgroup": V1, "sys/fs/cgroup/memory/memory.limit_in_bytes": V1_NONE}, None),
        (
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/memory/memory.limit_in_bytes": V1_NONE,
                "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "300\n",
                "sys/fs/cgroup/memory/elsewhere/memory.limit_in_bytes": "100\n",
            },
            300,
        ),
        ({"proc/self/cgroup": "nonsense\n", "sys/fs/cgroup/memory.max": "700\n"}, 700),
    ],
)
def test_a_memory_limit_is_the_least_of_the_cgroups(tmp_path: Path, files: dict[str, str], limit: int | None) -> None:
    assert memory_limit(write_files(tmp_path, files)) == limit


def test_this_machine() -> None:
    here = read_machine()
    assert here.processor
    assert here.kind == processor_kind(here.flags)
    assert 1 <= here.cores <= (os.cpu_count() or 1)
    assert here.memory is None or here.memory > 1 << 26
    assert re.fullmatch(r"\w+ [\d.]+ \w+", here.system)
    assert list(here.versions) == ["escore", "python", "numpy", "onnxruntime", "tokenizers"]
    assert all(re.match(r"\d+\.\d+", version) for version in here.versions.values())


def test_peak_memory_follows_what_is_used() -> None:
    program = """
from escore_evaluation.machine import peak_memory
before = peak_memory()
block = b"x" * 100_000_000
del block
print(before, peak_memory())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert 90_000_000 <= after - before <= 120_000_000
    assert (peak_memory() or 0) > 1 << 23
