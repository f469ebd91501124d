"""The recipe for Spark does what it says, in local mode; and Spark opens what a batch writes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.batch.corpora import output_rows, rows, write_parquet
from tests.conftest import ROOT
from tests.docs.pages import fenced

from escore import Scorer
from escore_batch import BatchOptions, run_batch

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install pyspark")
pytestmark = pytest.mark.long
SHOWN = "articles.select("
CHECK = """
found = articles.select("id", entities("text").alias("entities")).collect()
print(sorted((row["id"], [[e["text"], e["start"], e["end"]] for e in row["entities"]]) for row in found))
counts = spark.read.parquet("scored").selectExpr("id", "size(entities) n").collect()
print(sorted((row["id"], row["n"]) for row in counts))
spark.stop()
"""


def test_the_recipe(tmp_path: Path, scorer: Scorer) -> None:
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not installed")
    page = ROOT / "docs" / "how-to" / "score-a-corpus.md"
    (recipe,) = (block for block in fenced(page, "text") if "pandas_udf" in block)
    assert SHOWN in recipe
    (tmp_path / "recipe.py").write_text(recipe + CHECK)
    write_parquet(tmp_path / "articles" / "a.parquet", rows(6))
    run_batch(BatchOptions((str(tmp_path / "articles"),), str(tmp_path / "scored"), unit="entities", workers=1))
    variables = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "recipe.py"]
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found, counts = done.stdout.splitlines()[-2:]
    expected = {row["id"]: scorer(row["text"]).entities(220) for row in rows(6)}
    assert found == str([(name, [[e.text, e.start, e.end] for e in expected[name]]) for name in sorted(expected)])
    assert counts == str([(row["id"], len(row["entities"])) for row in output_rows(tmp_path / "scored")])
