"""How many cores this process may use: what the scheduler and the container leave of the machine's."""

import math
import os
from pathlib import Path

from escore.concurrency import cgroup

MAX_THREADS = 1024  # more than any machine has cores; a larger number is a mistake


def usable_cores() -> int:
    """Cores of this process's affinity, or of its cgroup's CPU quota (rounded up) where that is less; at least 1."""
    limit = quota()
    return max(1, affinity() if limit is None else min(affinity(), math.ceil(limit)))


def affinity() -> int:
    """Cores that the scheduler may run this process on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # Windows and macOS
        return os.cpu_count() or 1


def quota(root: Path = Path("/")) -> float | None:
    """The lowest CPU quota of this process's cgroups and all above them, in cores; None where there is no limit.

    cgroup v2 says it in cpu.max, v1 in cpu.cfs_quota_us and cpu.cfs_period_us. `root` is as in cgroup.folders.
    """
    quotas = [limit for folder in cgroup.folders("cpu", root) if (limit := _quota(folder)) is not None]
    return min(quotas, default=None)


def _quota(folder: Path) -> float | None:
    fields = cgroup.read(folder / "cpu.max").split() or [
        cgroup.read(folder / "cpu.cfs_quota_us").strip(),
        cgroup.read(folder / "cpu.cfs_period_us").strip(),
    ]
    try:
        share, period = (int(field) for field in fields)
    except ValueError:  # "max", or no such file
        return None
    return share / period if share > 0 and period > 0 else None
