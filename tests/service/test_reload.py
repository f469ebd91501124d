"""Another model comes into use while requests are answered: none fails, and each is answered by one model alone."""

import gc
import http.client
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.bundles import give_head, rewrite
from tests.service.browser import score
from tests.service.servers import TOKEN, Service, serve, serve_app

from escore import Scorer, SettingError
from escore.bundle.bundle import DEFAULT
from escore_service import Limits, create_app
from escore_service.app import MODEL
from escore_service.current_model import CurrentModel, ReloadError

TEXT = "The mayor of Oslo told Ingrid Solheim."
LONG = f"{TEXT} " * 3000
OLD, NEW = "escore-en 7", "escore-en 8"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with another version and other scores."""
    folder = Path(shutil.copytree(DEFAULT, tmp_path_factory.mktemp("bundles") / "other"))
    rewrite(folder, lambda manifest: manifest.update(version="8"))
    give_head(folder)
    return folder


@pytest.fixture
def link(tmp_path: Path) -> Path:
    link = tmp_path / "model"
    link.symlink_to(DEFAULT)
    return link


def point(link: Path, folder: Path) -> None:
    """Move a link in one step, as a deployment does."""
    (new := link.with_name("next")).symlink_to(folder)
    new.replace(link)


def ask(service: Service, text: str = TEXT, **headers: str) -> tuple[str, Any]:
    """Model and words of an answer."""
    status, answer, _ = service.request("POST", "/v1/score", {"text": text}, headers=headers)
    assert status == 200, answer
    return answer["model"], answer["documents"][0]["words"]


def change(service: Service, use: object, headers: dict[str, str] = WITH_TOKEN) -> tuple[int, Any]:
    return service.request("POST", "/v1/model", {"use": use}, headers=headers)[:2]


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def read_line(service: Service) -> str:
    assert service.process.stderr is not None
    return service.process.stderr.readline()


def test_no_request_fails_while_models_come_and_go(other: Path, link: Path) -> None:
    """Four clients, and a model that changes six times; what an answer says of its model is true of its scores."""
    answers: list[tuple[int, str, str]] = []
    stop = threading.Event()

    def send(port: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            while not stop.is_set():
                connection.request("POST", "/v1/score", TEXT, {"Content-Type": "text/plain"})
                response = connection.getresponse()
                answer = json.loads(response.read())
                answers.append((response.status, answer["model"], json.dumps(answer["documents"])))

    with serve("--model", link, "--threads", "2") as service:
        clients = [threading.Thread(target=send, args=(service.port,)) for _ in range(4)]
        for client in clients:
            client.start()
        try:
            for folder, name in [(other, NEW), (DEFAULT, OLD)] * 3:
                point(link, folder)
                service.process.send_signal(signal.SIGHUP)
                assert read_line(service) == f"Model {name} is in use now\n"
                assert ask(service)[0] == name
        finally:
            stop.set()
            for client in clients:
                client.join()
    assert len(answers) > 100
    assert {status for status, _, _ in answers} == {200}
    assert len({(model, documents) for _, model, documents in answers}) == 2
    assert {model for _, model, _ in answers} == {OLD, NEW}


def test_clients_with_the_token_change_the_model_and_go_back(other: Path, link: Path) -> None:
    with serve("--model", link, "--feedback", link.with_name("corrections.db"), ESCORE_TOKEN=TOKEN) as service:
        assert change(service, "previous") == (409, {"error": "there is no previous model"})
        assert change(service, "path")[1]["previous"] is None  # it is the same one
        _, old = ask(service, **WITH_TOKEN)
        point(link, other)
        status, answer = change(service, "path")
        assert (status, answer["version"], answer["previous"]) == (200, "8", OLD)
        assert service.request("GET", "/v1/model", headers=WITH_TOKEN)[1] == answer
        name, new = ask(service, **WITH_TOKEN)
        assert (name, old != new) == (NEW, True)
        correction = {"text": TEXT, "start": 0, "end": 3, "label": "none", "score": 10}
        assert service.request("POST", "/v1/feedback", correction, headers=WITH_TOKEN)[1]["model"] == NEW
        correction |= {"model": OLD}  # which scored the text that is corrected
        assert service.request("POST", "/v1/feedback", correction, headers=WITH_TOKEN)[1]["model"] == OLD
        status, answer = change(service, "previous")
        assert (status, answer["version"], answer["previous"]) == (200, "7", NEW)
        assert ask(service, **WITH_TOKEN) == (OLD, old)
        assert change(service, "previous")[1]["version"] == "8"
        assert change(service, "newest")[1]["field"] == "use"
        assert change(service, "path", {})[0] == 401


def test_without_a_token_nobody_changes_the_model(service: Service) -> None:
    status, answer = change(service, "path", {})
    assert (status, list(answer)) == (403, ["error"])
    assert "ESCORE_TOKEN" in answer["error"]


def test_a_bundle_that_cannot_be_loaded_leaves_the_old_one(tmp_path: Path) -> None:
    """A folder that is being copied is a bundle only at the end."""
    folder = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    with serve("--model", folder, ESCORE_TOKEN=TOKEN) as service:
        (folder / "model.onnx").write_bytes(b"half")
        status, answer = change(service, "path")
        assert (status, list(answer)) == (500, ["error"])
        assert str(tmp_path) not in answer["error"]
        assert f"{folder}/model.onnx: changed since" in read_line(service)
        service.process.send_signal(signal.SIGHUP)
        line = read_line(service)
        assert line.startswith(f"escore: the model in use stays, since another cannot be loaded: {folder}/model.onnx: ")
        shutil.rmtree(folder)
        assert change(service, "path")[0] == 500
        assert ask(service, **WITH_TOKEN)[0] == OLD
        shutil.copytree(DEFAULT, folder)
        assert change(service, "path")[0] == 200


def test_a_request_is_finished_by_the_model_that_began_it(scorer: Scorer, other: Path) -> None:
    app = create_app(scorer)
    with serve_app(app, scorer.threads, Limits()) as port, subprocess.Popen(["true"], text=True) as process:
        service = Service(process, port)
        answers: list[tuple[str, Any]] = []
        client = threading.Thread(target=lambda: answers.append(ask(service, LONG)))
        client.start()
        service.wait_for("escore_in_flight", 1)
        app.extensions[MODEL].swap(Scorer(other, scorer.threads))
        assert ask(service)[0] == NEW
        assert not answers
        client.join()
    assert answers[0][0] == OLD


def test_a_scorer_is_freed_once_nothing_uses_it(other: Path) -> None:
    def load() -> Scorer:
        return Scorer(other, 1)

    model = CurrentModel(Scorer(threads=1), load)
    first, documents = weakref.ref(model.scorer), model.scorer.stream([TEXT] * 100)
    next(documents)
    model.swap(load())
    model.swap(load())
    assert first() is not None
    gc.disable()  # it may not come for long
    try:
        list(documents)
        del documents
        assert first() is None
    finally:
        gc.enable()
    assert not model.reload()  # the same one
    with pytest.raises(SettingError, match="2 threads"):
        model.swap(Scorer(threads=2))
    with pytest.raises(ReloadError, match="cannot load"):
        CurrentModel(model.scorer).reload()


def test_the_page_shows_the_model_that_scored(other: Path, link: Path, visit: Any) -> None:
    with serve("--model", link) as service:
        page = visit(service)
        page.locator("#model", has_text=OLD).wait_for()
        point(link, other)
        service.process.send_signal(signal.SIGHUP)
        assert NEW in read_line(service)
        score(page, "Ann Lee went to Delft.")
        page.locator("#model", has_text=NEW).wait_for()


def test_a_terminal_that_goes_away_ends_the_service() -> None:
    """SIGHUP means that too, as it always did."""
    command = [sys.executable, "-m", "escore_cli", "serve", "--port", "0"]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, command)  # noqa: S606
    output = b""
    while b"\n" not in output:
        output += os.read(terminal, 1000)
    os.close(terminal)
    end = time.monotonic() + 30
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0):
        assert time.monotonic() < end
        time.sleep(0.05)
    assert done == (child, 0)
