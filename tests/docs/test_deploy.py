"""The configurations and programs of docs/how-to/deploy.md and embed.md, run by what they are written for."""

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, expect
from tests.conftest import ROOT
from tests.docs.pages import fenced
from tests.service import browser
from tests.service.servers import TOKEN, serve

DEPLOY, EMBED = ROOT / "docs" / "how-to" / "deploy.md", ROOT / "docs" / "how-to" / "embed.md"
HOST = "scores.example.org"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ANNA = ["Anna", "slept", "."]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def post(url: str, body: object, headers: Mapping[str, str], trust: ssl.SSLContext | None = None) -> Any:
    """The JSON of an answer, and its headers."""
    data = json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"} | dict(headers))  # noqa: S310
    with urlopen(request, timeout=60, context=trust) as answer:  # noqa: S310
        return json.load(answer), answer.headers


def words(answer: Any) -> list[str]:
    return [word["text"] for word in answer["documents"][0]["words"]]


@contextmanager
def running(command: list[str], folder: Path, url: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server, once it answers at `url`."""
    with subprocess.Popen(command, cwd=folder, env=os.environ | variables, stderr=subprocess.DEVNULL) as process:
        try:
            end = time.monotonic() + 60
            while not answers(url):
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.1)
            yield process
        finally:
            process.terminate()


def answers(url: str) -> bool:
    try:
        urlopen(url, timeout=5, context=ssl._create_unverified_context()).close()  # noqa: S310, S323
    except (urllib.error.URLError, OSError):
        return False
    return True


def unit() -> str:
    (text,) = fenced(DEPLOY, "ini")
    return text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit_and_finds_it_confined(tmp_path: Path) -> None:
    escore = tmp_path / "escore"
    escore.write_text("#!/bin/sh\n")
    escore.chmod(0o755)
    path = tmp_path / "escore.service"
    path.write_text(unit().replace("/opt/escore/bin/escore", str(escore)))
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15", path]  # of 100
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:]


def test_the_unit_runs_and_reloads(tmp_path: Path) -> None:
    """What systemd would run, with the folders and the credential that it would make."""
    lines = re.findall(r"^(\w+)=(.*)$", unit(), re.MULTILINE)
    settings = dict(lines)
    folders = {"%S": tmp_path / "state", "%L": tmp_path / "logs", "%d": tmp_path / "credentials"}
    for folder in folders.values():
        (folder / "escore").mkdir(parents=True)
    (folders["%d"] / "token").write_text(TOKEN)
    (folders["%d"] / "token").chmod(0o400)
    variables = {}
    for name, value in lines:
        if name == "Environment":
            variable, _, text = value.partition("=")
            variables[variable] = re.sub("%[SLd]", lambda match: str(folders[match[0]]), text)
    assert settings["ExecStart"] == "/opt/escore/bin/escore serve"
    with serve(**variables) as service:
        url = f"http://127.0.0.1:{service.port}/v1/score"
        assert words(post(url, {"text": "Anna slept."}, BEARER | {"Host": HOST})[0]) == ANNA
        reload = settings["ExecReload"].replace("$MAINPID", str(service.process.pid))
        subprocess.run(reload.split(), check=True)
        assert service.process.stderr is not None
        assert service.process.stderr.readline() == "Model escore-en 7 is unchanged\n"
        service.process.terminate()
        assert service.process.wait(float(settings["TimeoutStopSec"])) == 0
    assert [path.name for path in (tmp_path / "state" / "escore").iterdir()] == ["corrections.db"]
    assert (tmp_path / "logs" / "escore" / "access.jsonl").stat().st_size > 0


@pytest.mark.skipif(not (shutil.which("nginx") and shutil.which("openssl")), reason="nginx or openssl is not installed")
def test_nginx_serves_the_page_below_a_path(chromium: Browser, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "access.jsonl"
    with serve("--allow-host", HOST, "--access-log", log) as service:
        folder = nginx(tmp_path, port, service.port)
        url = f"https://127.0.0.1:{port}/escore"
        command = ["nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "error.log", "-g", "daemon off;"]
        with running(command, folder, f"{url}/healthz"):
            trust = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
            trust.check_hostname = False  # the address stands for the name
            answer, headers = post(f"{url}/v1/score", {"text": "Anna slept."}, {"Host": f"{HOST}:{port}"}, trust)
            assert words(answer) == ANNA
            assert headers["X-Request-ID"] == json.loads(log.read_text().splitlines()[-1])["id"]
            long = {"text": " " * 2_000_000}  # more than nginx takes by itself
            assert words(post(f"{url}/v1/score", long, {}, trust)[0]) == []
            context = chromium.new_context(ignore_https_errors=True)
            page = context.new_page()
            page.goto(f"{url}/")
            expect(page.locator("#status")).to_have_text(browser.DONE, timeout=browser.PATIENCE)
            context.close()


def nginx(folder: Path, port: int, upstream: int) -> Path:
    """A folder with the page's configuration, at a port of 127.0.0.1 and with a certificate of its own."""
    (server,) = fenced(DEPLOY, "nginx")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOST}"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    changes = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "127.0.0.1:8300": f"127.0.0.1:{upstream}",
        f"/etc/ssl/certs/{HOST}.pem": str(certificate),
        f"/etc/ssl/private/{HOST}.key": str(key),
    }
    for shown, own in changes.items():
        assert shown in server
        server = server.replace(shown, own)
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.getuid() == 0 else ""  # else its workers may not write to the folder
    (folder / "nginx.conf").write_text(
        f"{user}pid {folder}/nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{server}}}\n"
    )
    return folder


def test_gunicorn_runs_the_service_and_loads_it_again(tmp_path: Path) -> None:
    pytest.importorskip("gunicorn")
    (program,) = fenced(DEPLOY, "python")
    (command,) = [block for block in fenced(DEPLOY, "text") if block.startswith("gunicorn ")]
    (tmp_path / "app.py").write_text(program)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = command.replace(":8300", f":{port}").split()[1:]
    with running(
        [sys.executable, "-m", "gunicorn", *arguments], tmp_path, f"{url}/healthz", ESCORE_TOKEN=TOKEN
    ) as server:
        answer, _ = post(f"{url}/v1/score", {"text": "Anna slept."}, BEARER | {"Host": HOST})
        assert words(answer) == ANNA
        server.send_signal(signal.SIGHUP)
        end = time.monotonic() + 5
        while time.monotonic() < end:  # the old worker answers until the new one does
            assert words(post(f"{url}/v1/score", {"text": "Anna slept."}, BEARER)[0]) == ANNA


def test_fastapi_serves_the_whole_service_below_a_path(chromium: Browser, tmp_path: Path) -> None:
    for module in ("fastapi", "uvicorn", "a2wsgi"):
        pytest.importorskip(module)
    (program,) = [block for block in fenced(EMBED, "python") if "WSGIMiddleware" in block]
    with fastapi(program, tmp_path) as url:
        assert words(post(f"{url}/escore/v1/score", {"text": "Anna slept."}, {})[0]) == ANNA
        page = chromium.new_page()
        page.goto(f"{url}/escore")
        expect(page.locator("#status")).to_have_text(browser.DONE, timeout=browser.PATIENCE)
        page.close()


def test_fastapi_answers_with_a_scorer(tmp_path: Path) -> None:
    for module in ("fastapi", "uvicorn"):
        pytest.importorskip(module)
    (program,) = [block for block in fenced(EMBED, "python") if "BaseModel" in block]
    with fastapi(program, tmp_path) as url:
        assert post(f"{url}/names", {"text": "Anna Kowalska lives in Rotterdam."}, {})[0] == [
            "Anna Kowalska",
            "Rotterdam",
        ]


@contextmanager
def fastapi(program: str, folder: Path) -> Iterator[str]:
    (folder / "app.py").write_text(program)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running([sys.executable, "-m", "uvicorn", "app:app", "--port", str(port)], folder, f"{url}/docs"):
        yield url
