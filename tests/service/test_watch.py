"""`escore serve --watch`: counts of what clients score, and no text."""

import math
import os
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from tests.monitor.observations import DAY, observation
from tests.service.servers import Service, serve

from escore import Scorer
from escore_monitor import Store, StoreError
from escore_monitor.report import make_report
from escore_service import create_app
from escore_service.app import close
from escore_service.watch_metrics import WatchMetrics

TEXTS = ["The mayor of Oslo told Ingrid Solheim.", "it rained all day", "OSLO sleeps."]


def entities(path: Path) -> list[tuple[str, int, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT entity, documents, source FROM daily ORDER BY entity").fetchall()


def wait_for(service: Service, documents: int) -> None:
    service.wait_for("escore_watch_documents_total", documents)


def test_texts_of_clients_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with serve("--watch", path) as service:
        for _ in range(2):  # a client may repeat a request
            assert service.request("POST", "/v1/score", {"texts": TEXTS})[0] == 200
        wait_for(service, 3)
        page = {"Sec-Fetch-Site": "same-origin"}
        assert service.request("POST", "/v1/score", {"text": "Somebody types Rotterdam"}, headers=page)[0] == 200
        assert service.request("POST", "/v1/score", "Anna slept.", "text/plain")[0] == 200
        wait_for(service, 4)
        assert entities(path) == [("anna", 1, "service"), ("ingridsolheim", 1, "service"), ("oslo", 2, "service")]
        assert make_report(path)["model"] == "escore-en 7"
        for name in ('escore_watch_entities{change="new"}', 'escore_watch_psi{signal="length"}', "escore_watch_drift"):
            assert math.isnan(service.metric(name))  # two texts are too few to tell
        assert service.metric("escore_watch_lost_total") == 0
        service.process.terminate()
        assert service.process.wait(20) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["x.db"]


def test_no_text_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with serve("--watch", path) as service:
        service.request("POST", "/v1/score", {"text": "it rained all afternoon in Oslo"})
        wait_for(service, 1)
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"Oslo" in content
    assert b"afternoon" not in content


def test_what_waits_is_counted_at_the_end(scorer: Scorer, tmp_path: Path) -> None:
    app = create_app(scorer, watch=tmp_path / "x.db")
    app.test_client().post("/v1/score", json={"texts": TEXTS})
    close(app)
    assert ("oslo", 2, "service") in entities(tmp_path / "x.db")


def test_requests_are_answered_though_the_store_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with serve("--watch", path) as service:
        path.unlink()
        path.mkdir()
        assert service.request("POST", "/v1/score", {"texts": TEXTS})[0] == 200
        service.wait_for("escore_watch_lost_total", 3)
        assert service.request("POST", "/v1/score", {"texts": TEXTS})[0] == 200
        service.wait_for("escore_watch_lost_total", 6)
        service.process.terminate()
        service.process.wait(20)
        assert service.process.stderr is not None
        errors = service.process.stderr.read()
    assert errors.count("x.db: a folder; give a file") == 1
    assert "Oslo" not in errors


def test_a_store_that_is_deleted_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with serve("--watch", path) as service:
        service.request("POST", "/v1/score", {"texts": TEXTS})
        wait_for(service, 3)
        path.unlink()
        service.request("POST", "/v1/score", {"text": "Anna met Oslo."})
        wait_for(service, 4)
        assert service.metric("escore_watch_lost_total") == 0
        assert entities(path) == [("anna", 1, "service"), ("oslo", 1, "service")]
        service.process.terminate()
        service.process.wait(20)
        assert service.process.stderr is not None
        assert service.process.stderr.read().count("x.db: deleted or replaced") == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_metrics_tell_no_drift_from_not_judged(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    metrics = WatchMetrics(registry)
    items = [observation(f"{day} {i}", ["Oslo"], DAY + day) for day in range(35) for i in range(10)]
    with Store(tmp_path / "x.db") as store:
        store.add(items[-70:])
        metrics.set_report(make_report(store.path))
        assert math.isnan(registry.get_sample_value("escore_watch_drift") or 0)
        store.add(items)
        metrics.set_report(make_report(store.path))
    assert registry.get_sample_value("escore_watch_drift") == 0
    assert registry.get_sample_value("escore_watch_entities", {"change": "new"}) == 0
    psi = registry.get_sample_value("escore_watch_psi", {"signal": "length"})
    assert psi is not None
    assert psi < 0.1


def test_a_file_that_is_no_store_ends_it_at_once(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_text("no store " * 99)
    with pytest.raises(StoreError, match="not a store of 'escore watch'"):
        create_app(scorer, watch=path)


def test_scoring_waits_for_no_store(tmp_path: Path) -> None:
    """Another process has locked the file."""
    path = tmp_path / "x.db"
    with serve("--watch", path) as service, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begin = time.monotonic()
        for _ in range(20):
            assert service.request("POST", "/v1/score", {"text": TEXTS[0]})[0] == 200
        assert time.monotonic() - begin < 4 or os.getloadavg()[0] > 4
        other.execute("ROLLBACK")
        wait_for(service, 1)
