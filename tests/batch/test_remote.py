"""Inputs and outputs on other file systems."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import fsspec
import pyarrow.parquet as pq
import pytest
from tests.batch.corpora import rows, write_jsonl, write_parquet
from tests.environments import new_environment

from escore_batch import BatchOptions, run_batch

ROOT = Path(__file__).parents[2]


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    fs = fsspec.filesystem("memory")
    yield fs
    fs.rm("/", recursive=True)


def test_memory_in_and_out(tmp_path: Path, memory: fsspec.AbstractFileSystem) -> None:
    """fsspec's memory system stands for all that cannot be renamed in, or locked."""
    memory.pipe_file("/in/year=2026/a.parquet", write_parquet(tmp_path / "a.parquet", rows(4)).read_bytes())
    memory.pipe_file("/in/b.jsonl.gz", write_jsonl(tmp_path / "b.jsonl.gz", [*rows(2, 4), {"text": 1}]).read_bytes())
    options = BatchOptions(("memory://in",), "memory://out", workers=2)
    summary = run_batch(options)
    assert (summary.documents, summary.errors) == (6, 1)
    assert summary.kinds[0][0].place == "memory://in/b.jsonl.gz: line 3"
    parts = memory.glob("/out/*.parquet")
    with memory.open(parts[0]) as file:
        assert pq.read_table(file).num_rows in (2, 4)
    memory.rm_file(parts[0])
    memory.pipe_file("/out/_escore/aside/leftover", b"x")
    assert run_batch(replace(options, resume=True, workers=1)).documents == 6
    assert memory.glob("/out/_escore/aside/*") == []
    assert run_batch(replace(options, overwrite=True, workers=1)).documents == 6


S3 = """
import sys
from moto.server import ThreadedMotoServer
import fsspec
import pyarrow.parquet as pq
from dataclasses import replace
from escore_batch import BatchOptions, run_batch

if __name__ == "__main__":
    server = ThreadedMotoServer("127.0.0.1", int(sys.argv[1]))
    server.start()
    fs = fsspec.filesystem("s3")
    fs.mkdir("corpus")
    fs.put(sys.argv[2], "corpus/in/", recursive=True)
    options = BatchOptions(("s3://corpus/in",), "s3://corpus/out", workers=2)
    assert run_batch(options).documents == 12
    parts = fs.glob("corpus/out/*.parquet")
    fs.rm(parts[0])
    summary = run_batch(replace(options, resume=True))
    assert (summary.documents, summary.parts, summary.errors) == (12, len(parts), 0), summary
    with fs.open(parts[0]) as file:
        assert pq.read_table(file).num_rows
    server.stop()
"""


@pytest.mark.long
def test_s3_in_and_out(tmp_path: Path) -> None:
    """Against moto's server on this machine, in an environment of its own: it needs other versions of libraries."""
    import socket

    for number in range(3):
        write_parquet(tmp_path / "in" / f"{number}.parquet", rows(4, 4 * number))
    programs = new_environment(tmp_path / "environment", f"{ROOT}[batch]", "moto[server,s3]", "s3fs")
    (tmp_path / "s3.py").write_text(S3)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    command = [programs / "python", tmp_path / "s3.py", str(port), f"{tmp_path}/in/"]
    done = subprocess.run(command, env=variables, capture_output=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr.decode()
