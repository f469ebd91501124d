"""Where Linux keeps what a container may use: the folders of this process's control groups."""

from pathlib import Path, PurePosixPath


def folders(controller: str, root: Path = Path("/")) -> list[Path]:
    """The folders of this process's group and all above it, of cgroup v2 and of v1's `controller`; none elsewhere.

    `root` is where /proc and /sys are mounted (Linux, Documentation/admin-guide/cgroup-v2.rst, cgroup-v1).
    """
    paths = []
    for line in read(root / "proc/self/cgroup").splitlines():
        _, controllers, name = [*line.split(":", 2), "", ""][:3]
        if controllers and controller not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / (controller if controllers else "")
        # Inside a container the name may be the host's, and only the top folder is there.
        group = PurePosixPath(name.lstrip("/"))
        paths += [top / part for part in (group, *group.parents)]
    return paths


def read(path: Path) -> str:
    """The text of a file of the kernel's; "" where there is none."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
