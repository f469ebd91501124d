"""Behind a real nginx, set up as docs/how-to/deploy.md shows, and as it is often set up."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, expect
from tests.conftest import ROOT
from tests.service.browser import DONE, PATIENCE
from tests.service.servers import Service, serve

# As it comes with Debian. Where there is none the tests are skipped; with the variable NGINX set they fail.
NGINX = os.environ.get("NGINX") or shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log stderr error;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {documented}
        location / {{ proxy_pass http://127.0.0.1:{service}; proxy_set_header Host $host; }}
    }}
}}
"""
QUERY = {"text": "Joe Biden spoke."}


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service at /escore/ as documented, and at / with the port of the Host dropped."""
    if NGINX is None:
        pytest.skip("nginx is not installed; install Debian's nginx-light, or set NGINX to another one")
    folder = tmp_path_factory.mktemp("nginx")
    page = (ROOT / "docs" / "how-to" / "deploy.md").read_text("utf-8")
    (documented,) = re.findall(r"^    location .*?^    }$", page, re.DOTALL | re.MULTILINE)
    with serve() as service, closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        (folder / "nginx.conf").write_text(
            CONFIGURATION.format(
                folder=folder, port=port, service=service.port, documented=documented.replace("8300", str(service.port))
            )
        )
        with subprocess.Popen(
            [NGINX, "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                wait_for(port, process)
                yield Service(process, port)
            finally:
                process.kill()


def wait_for(port: int, process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + 30
    while True:
        with closing(socket.socket()) as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_page_and_its_api_work_below_a_path(nginx: Service) -> None:
    status, page, _ = nginx.request("GET", "/escore/")
    assert status == 200
    links = re.findall(r'(?:href|src)="(static/[^"]+)"', page)
    assert len(links) > 3
    assert {nginx.request("GET", f"/escore/{link}")[0] for link in links} == {200}
    for headers in ({}, {"Origin": f"http://127.0.0.1:{nginx.port}"}, {"Sec-Fetch-Site": "same-origin"}):
        status, answer, _ = nginx.request("POST", "/escore/v1/score", QUERY, headers=headers)
        assert (status, answer["documents"][0]["words"][0]["text"]) == (200, "Joe")
    assert nginx.request("GET", "/escore/healthz", headers={"Host": "10.1.2.3"})[0] == 200
    status, _, headers = nginx.request("GET", "/escore")
    assert (status, headers["Location"].removeprefix(f"http://127.0.0.1:{nginx.port}")) == (301, "/escore/")


def test_a_page_of_another_site_is_refused_as_without_a_proxy(nginx: Service) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert nginx.request("POST", "/escore/v1/score", QUERY, headers=headers)[0] == 403
    assert nginx.request("GET", "/escore/v1/model", headers={"Host": "evil.example"})[0] == 400


def test_where_the_port_is_dropped_the_browser_is_believed_or_the_proxy_is_named(nginx: Service) -> None:
    origin = {"Origin": f"http://127.0.0.1:{nginx.port}"}
    assert nginx.request("POST", "/v1/score", QUERY, headers=origin | {"Sec-Fetch-Site": "same-origin"})[0] == 200
    status, answer, _ = nginx.request("POST", "/v1/score", QUERY, headers=origin)
    assert (status, "proxy_set_header Host $http_host" in answer["error"]) == (403, True)


def test_a_chunked_body_is_read(nginx: Service) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=60)) as connection:
        chunks = iter([b"Joe ", b"slept."])
        connection.request("POST", "/escore/v1/score", chunks, {"Content-Type": "text/plain"}, encode_chunked=True)
        assert connection.getresponse().read().count(b'"mark"') == 3


@pytest.mark.parametrize("path", ["escore/", ""])
def test_the_page_works_in_a_browser(nginx: Service, chromium: Browser, path: str) -> None:
    page = chromium.new_page()
    try:
        page.goto(f"http://127.0.0.1:{nginx.port}/{path}")
        expect(page.locator("#status")).to_have_text(DONE, timeout=PATIENCE)
        expect(page.locator("#text .chip").nth(5)).to_be_attached(timeout=PATIENCE)  # the sixth
    finally:
        page.close()
