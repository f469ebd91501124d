"""Inside another application: its hooks, its mounts, its log, and requests that nothing holds on to."""

import gc
import logging
import weakref
from contextlib import closing
from pathlib import Path

import pytest
from flask import Response, abort
from tests.service.servers import OPEN, TOKEN
from werkzeug.test import EnvironBuilder

from escore import Scorer
from escore_service import create_app
from escore_service.headers import HEADERS

URL = "/v1/score"
BODY = {"text": "Joe"}


def test_what_breaks_is_logged_by_place_and_told_without_the_text(
    scorer: Scorer, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(scorer)

    @app.get("/broken")
    def broken() -> str:
        raise ValueError(f"what was asked: a {'secret':s}")

    with caplog.at_level(logging.INFO):
        answer = app.test_client().get("/broken")
    assert (answer.status_code, list(answer.get_json())) == (500, ["error"])
    assert "GET /broken: ValueError" in caplog.text
    assert "in broken" in caplog.text
    assert "a secret" not in caplog.text
    assert b"secret" not in answer.data


REQUESTS = (
    *(("GET", path) for path in (*OPEN, "/v1/model", "/metrics", "/v1/feedback", "/nothing")),
    ("POST", URL),
    ("POST", "/v1/feedback"),
    ("DELETE", "/v1/feedback/1"),
)


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_hooks_of_an_embedding_application_see_every_request(
    scorer: Scorer, tmp_path: Path, method: str, path: str
) -> None:
    app, order = create_app(scorer, feedback=str(tmp_path / "corrections.db")), []

    @app.before_request
    def no() -> None:
        order.append("before")
        abort(403)

    @app.after_request
    def sign(response: Response) -> Response:
        order.append("after")
        response.headers["X-Embedded"] = "yes"
        return response

    @app.teardown_request
    def done(error: BaseException | None) -> None:
        order.append(f"teardown {error}")

    answer = app.test_client().open(path, method=method, json=BODY if method == "POST" else None)
    assert (answer.status_code, answer.get_json()) == (403, {"error": "forbidden"})
    assert answer.headers["X-Embedded"] == "yes"
    assert "Content-Security-Policy" in answer.headers
    assert order == ["before", "after", "teardown None"]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
@pytest.mark.parametrize("kind", ["before_request", "after_request"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Flask leaves files to the collector
def test_a_hook_that_fails_is_answered_in_json_and_ends_the_request(
    scorer: Scorer, tmp_path: Path, method: str, path: str, kind: str
) -> None:
    app, ends = create_app(scorer, feedback=tmp_path / "corrections.db"), []

    def fail(*_: object) -> None:
        raise LookupError("a secret")

    getattr(app, kind)(fail)
    app.teardown_request(lambda _: ends.append("teardown"))
    answer = app.test_client().open(path, method=method, json=BODY if method == "POST" else None)
    assert (answer.status_code, answer.get_json()) == (500, {"error": "the service failed; its log says where"})
    assert [answer.headers.get_all(name) for name, _ in HEADERS] == [[value] for _, value in HEADERS]
    assert ends == ["teardown"]
    del answer
    gc.collect()


def test_a_mount_without_its_slash_leads_to_the_page(scorer: Scorer) -> None:
    """Wherever a proxy shows it: the answer is relative, since the page's links are."""
    app = create_app(scorer, token=TOKEN)
    mount = {"SCRIPT_NAME": "/a b/escor\xc3\xa9", "PATH_INFO": ""}
    answer = app.test_client().get("/?min=3", environ_overrides=mount)
    assert (answer.status_code, answer.headers["Location"]) == (308, "escor%C3%A9/?min=3")


def test_a_refused_request_is_let_go_at_once(scorer: Scorer) -> None:
    """Nothing waits for the garbage collector, which may not come for long, while it holds a large body."""

    class Mark:
        pass

    application = create_app(scorer)
    environ = EnvironBuilder(
        URL, "http://localhost", method="POST", data=b"\xff", content_type="text/plain"
    ).get_environ()
    environ["mark"] = mark = Mark()
    held = weakref.ref(mark)
    del mark
    gc.disable()
    try:
        status: list[str] = []
        with closing(application(environ, lambda line, _: status.append(line))) as answer:  # type: ignore[arg-type, return-value, type-var]
            assert b"UTF-8" in b"".join(answer)
        assert status[0].startswith("400")
        del environ, answer
        assert held() is None
    finally:
        gc.enable()
