"""As many threads as the place grants: affinity and cgroup quotas, read from files like the kernel's."""

import os
import sys
from pathlib import Path

import pytest
from tests.files import write_files

from escore import Scorer
from escore.concurrency import cores
from escore.concurrency.cores import quota, usable_cores

V2 = "sys/fs/cgroup"
V1 = "sys/fs/cgroup/cpu"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n"}, None),
        ({"proc/self/cgroup": "0::/\n", f"{V2}/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/\n", f"{V2}/cpu.max": "150000 100000\n"}, 1.5),
        ({"proc/self/cgroup": "0::/a/b\n", f"{V2}/a/b/cpu.max": "max 100000", f"{V2}/a/cpu.max": "50000 100000"}, 0.5),
        ({"proc/self/cgroup": "0::/a/b\n", f"{V2}/a/b/cpu.max": "200000 100000", f"{V2}/cpu.max": "max 100000"}, 2.0),
        ({"proc/self/cgroup": "0::/of/the/host\n", f"{V2}/cpu.max": "300000 100000"}, 3.0),
        (
            {
                "proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/x\n0::/\n",
                f"{V1}/x/cpu.cfs_quota_us": "250000\n",
                f"{V1}/x/cpu.cfs_period_us": "100000\n",
            },
            2.5,
        ),
        (
            {
                "proc/self/cgroup": "3:cpu:/\n",
                f"{V1}/cpu.cfs_quota_us": "-1\n",
                f"{V1}/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
        ({"proc/self/cgroup": "nonsense\n\n::\n", f"{V2}/cpu.max": "a b c\n"}, None),
    ],
)
def test_the_quota_is_the_least_on_the_way_up(tmp_path: Path, files: dict[str, str], expected: float | None) -> None:
    assert quota(write_files(tmp_path, files)) == expected


@pytest.mark.parametrize(("granted", "threads"), [(None, 3), (0.2, 1), (1.0, 1), (1.5, 2), (2.0, 2), (64.0, 3)])
def test_threads_are_what_affinity_and_quota_leave(
    granted: float | None, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 4, 7}, raising=False)
    monkeypatch.setattr(cores, "quota", lambda: granted)
    assert usable_cores() == threads
    assert Scorer().threads == threads


@pytest.mark.skipif(sys.platform != "linux", reason="sets the affinity")
def test_a_narrower_affinity_is_seen() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
