"""The files of commits."""

import pytest
from benchmarks.commits import GitError, checkout
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the sources alone, without their history")


def test_a_checkout_has_the_files_that_paths_match() -> None:
    with checkout("HEAD", "runtime", ":!runtime/escore/models") as tree:
        assert (tree / "runtime" / "escore" / "scorer.py").is_file()
        assert not (tree / "runtime" / "escore" / "models").exists()
        assert [path.name for path in tree.iterdir()] == ["runtime"]
    assert not tree.exists()


def test_an_unknown_commit_is_an_error() -> None:
    with pytest.raises(GitError, match=r"git archive: .*no-such-commit"), checkout("no-such-commit", "."):
        pass
