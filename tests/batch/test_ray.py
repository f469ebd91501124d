"""The Ray engine gives what the local one gives, also when a node is lost in the middle."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.batch.corpora import SENTENCES, errors_of, output_rows, rows, write_jsonl, write_parquet

from escore_batch import BatchOptions, Progress, ScoreBatch, run_batch

ray = pytest.importorskip("ray", reason="ray is not installed: pip install '.[ray]'")
pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]  # Ray's own


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    text = " ".join(SENTENCES[:30])
    for number in range(8):
        of_file = [row | {"text": f"{row['text']} {text}"} for row in rows(12, 12 * number)]
        write_parquet(root / f"{number}.parquet", of_file, row_group=5)
    write_jsonl(root / "lines.jsonl", [*rows(3, 1000), {"text": None}])
    (root / "broken.parquet").write_bytes(b"no Parquet")
    return root


@pytest.fixture(scope="module")
def expected(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    output = tmp_path_factory.mktemp("local") / "out"
    run_batch(BatchOptions((str(corpus),), str(output), workers=1))
    return output_rows(output)


@pytest.fixture
def one_node() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=256 << 20)
    yield
    ray.shutdown()


def test_it_gives_what_the_local_engine_gives(
    corpus: Path, expected: list[dict[str, Any]], tmp_path: Path, one_node: None
) -> None:
    shown: list[Progress] = []
    options = BatchOptions((str(corpus),), str(tmp_path / "out"), engine="ray", workers=2)
    summary = run_batch(options, show=shown.append)
    assert output_rows(tmp_path / "out") == expected
    assert (summary.documents, summary.errors) == (99, 2)
    assert {error["place"] for error in errors_of(tmp_path / "out")} == {
        f"{corpus}/broken.parquet", f"{corpus}/lines.jsonl: line 4",
    }  # fmt: skip
    assert shown[-1].documents == 99
    for part in list((tmp_path / "out").glob("*.parquet"))[::2]:
        part.unlink()
    run_batch(replace(options, engine="local", workers=1, resume=True))  # the other engine goes on
    assert output_rows(tmp_path / "out") == expected


def test_score_batch_is_an_actor_class(corpus: Path, expected: list[dict[str, Any]], one_node: None) -> None:
    files = [pq.read_table(corpus / f"{number}.parquet") for number in range(8)]
    scored = ray.data.from_arrow(files).map_batches(
        ScoreBatch, batch_format="pyarrow", batch_size=16, compute=ray.data.ActorPoolStrategy(size=2), num_cpus=1
    )
    by_id = {row["id"]: row for row in expected}
    found = {row["id"]: row for row in scored.take_all()}
    assert len(found) == 96
    for name, row in found.items():
        assert row["words"] == by_id[name]["words"]


def test_a_node_that_is_lost_costs_nothing(corpus: Path, expected: list[dict[str, Any]], tmp_path: Path) -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 128 << 20})
    node = cluster.add_node(num_cpus=1, object_store_memory=128 << 20)
    cluster.wait_for_nodes()
    output = tmp_path / "out"

    def lose_node() -> None:
        while len(list(output.glob("part-*"))) < 4:
            time.sleep(0.01)
        cluster.remove_node(node, allow_graceful=False)

    thread = threading.Thread(target=lose_node)
    try:
        thread.start()
        options = BatchOptions((str(corpus),), str(output), engine="ray", workers=2, address=cluster.address)
        run_batch(options)
        thread.join()
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert output_rows(output) == expected


def test_a_killed_driver_goes_on(corpus: Path, expected: list[dict[str, Any]], tmp_path: Path) -> None:
    output = tmp_path / "out"
    command = [sys.executable, "-m", "escore_cli", "batch", corpus, "-o", output, "--engine", "ray", "--workers", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
        while len(list(output.glob("part-*"))) < 3:
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    done = subprocess.run([*command, "--resume"], capture_output=True, check=False)
    assert done.returncode == 1  # the broken file
    assert b"Traceback" not in done.stderr
    assert output_rows(output) == expected


def test_a_cluster_that_is_not_there_is_one_line(corpus: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "escore_cli", "batch", corpus, "-o", tmp_path / "out", "--engine", "ray"]
    done = subprocess.run([*command, "--address", "127.0.0.1:9"], capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"escore: Ray at 127.0.0.1:9: Connection refused; start the cluster")
    assert done.stderr.count(b"\n") == 1
