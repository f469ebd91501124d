"""--token-file: who may read the file, and what it may hold."""

import os
from pathlib import Path

import pytest
from tests.conftest import Run
from tests.service.servers import TOKEN, serve

from escore_service.token_file import TokenFileError, read_token


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    return path


def test_the_token_of_a_file_is_asked_for(file: Path) -> None:
    with serve("--token-file", file) as service:
        assert service.request("GET", "/v1/model")[0] == 401
        assert service.request("GET", "/v1/model", headers={"Authorization": f"Bearer {TOKEN}"})[0] == 200


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o602])
def test_a_file_that_others_may_read_is_refused(file: Path, escore: Run, mode: int) -> None:
    file.chmod(mode)
    done = escore("serve", "--port", "0", "--token-file", "token")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"escore: token: other users may read the token; chmod 600 token\n"


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_file_of_another_owner_may_be_readable_for_its_group(file: Path) -> None:
    """As systemd's credentials are."""
    os.chown(file, 12345, -1)
    file.chmod(0o440)
    assert read_token(file) == TOKEN
    file.chmod(0o444)
    with pytest.raises(TokenFileError, match="other users"):
        read_token(file)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_line_end_is_no_part_of_it(file: Path, end: str) -> None:
    file.write_bytes(f"{TOKEN}{end}".encode())
    assert read_token(file) == TOKEN


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"two\nlines\n", b"gehe\xc3\xadm", b" a"])
def test_what_is_no_token_is_refused_and_not_shown(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(TokenFileError, match="token: the token is empty or holds other characters; ") as caught:
        read_token(file)
    assert "two" not in str(caught.value)


def test_a_missing_file_or_two_tokens_are_told(escore: Run, file: Path) -> None:
    done = escore("serve", "--port", "0", "--token-file", "none")
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert done.stderr.startswith(b"escore: none: No such file or directory; ")
    done = escore("serve", "--port", "0", "--token-file", file, env=os.environ | {"ESCORE_TOKEN": "a"})
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"two tokens" in done.stderr
