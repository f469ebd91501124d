"""Recipes: those that ship are read, and what is wrong in one is named."""

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.training.corpora import recipe

from escore_training import recipe as recipes
from escore_training.model import encoders
from escore_training.recipe import RecipeError


def test_recipes_that_ship_are_read() -> None:
    for name in ("default", "further", "smoke"):
        loaded = recipes.load(name)
        assert loaded.seed == 1
        assert all(corpus.license for corpus in loaded.corpora)
    assert recipes.load("default").training.epochs >= 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name =", "not a TOML file"),
        ('name = "x"', r"no \[\[corpora\]\]"),
        (recipe({"teacher": {"ask": ["gum"]}}), r"\[teacher\]: ask: gum: give the `entities` of some of the corpora"),
        (recipe({"teacher": {"ask": []}}), r"\[teacher\]: ask: no manner: give the `entities`"),
        (recipe({}).replace("layers = 2\n", ""), r"\[model\]: no 'layers'"),
        (recipe({}).replace("layers = 2", "layers = 2\nwidth = 9"), r"\[model\]: unknown key 'width'"),
        (recipe({"model": {"layers": "2"}}), r"\[model\]: layers = '2' is not int"),
        (recipe({"training": {"epochs": 2.5}}), r"\[training\]: epochs = 2.5 is not int"),
        (recipe({"training": {"epochs": True}}).replace("True", "true"), r"\[training\]: epochs = True is not int"),
        (recipe({"texts": {"sentences": 4}}), r"\[texts\]: sentences = 4 is not list\[int\]"),
        (recipe({"texts": {"sentences": [1, 2.5]}}), r"sentences = \[1, 2.5\] is not list\[int\]"),
        (recipe({"texts": {"sentences": [1, 0]}}), r"\[texts\]: sentences = \[1, 0\] is too small"),
        (recipe({"texts": {"lower_every": 0}}), r"\[texts\]: lower_every = 0 is too small"),
        (recipe({"teacher": {"trust": -0.1}}), r"\[teacher\]: trust = -0.1 is too small"),
        (recipe({"teacher": {"tokens": 2}}), r"\[teacher\]: tokens = 2: give 16 to 512"),
        (recipe({"model": {"max_tokens": 2}}), r"\[model\]: max_tokens = 2: give 16 to 512"),
        (recipe({"training": {"dropout": 1.5}}), r"\[training\]: dropout = 1.5: give 0 to 0.9"),
        (recipe({"training": {"edge_loss": 0.25}}).replace("0.25", "nan"), r"edge_loss = nan is no number"),
        (recipe({"corpora": {"repeat": 0}}), r"\[\[corpora\]\]: repeat is 0 for all"),
        (recipe({"corpora": {"license": ""}}), r"'': names, versions and licenses are a line of text"),
        (recipe({"corpora": {"files": "a**b"}}), r"files = 'a\*\*b': give a pattern in"),
        (
            "attributions = 3\n" + re.sub(r"\[\[attributions\]\]\n(\w.*\n)+", "", recipe({})),
            r"attributions: not \[\[attributions\]\]",
        ),
        ("model = 3\n" + recipe({}).replace("[model]\nlayers = 2\nmax_tokens = 128\n", ""), r"\[model\]: not a table"),
        (recipe({}).replace('license = "CC0-1.0"\nrepeat', "repeat", 1), r"\[\[corpora\]\]: no 'license'"),
        (
            recipe({"corpora": {"files": "/data/*.txt"}}),
            r"\[\[corpora\]\]: files = '/data/\*.txt': give a pattern in",
        ),
        (recipe({"corpora": {"files": "../x.txt"}}), r"files = '\.\./x.txt': give a pattern in"),
        (recipe({"texts": {"sentences": []}}), r"\[texts\]: sentences = \[\]: give lengths"),
        (recipe({"vocabulary": {"size": 10}}), r"\[vocabulary\]: size = 10: give 300 to 100000"),
        (recipe({}, seed=1).replace("seed = 1", "sede = 1"), r"unknown key 'sede'"),
        (recipe({}).replace("[texts]", "[text]"), r"unknown key 'text'"),
        (recipe({"corpora": {"files": ""}}), r"\[\[corpora\]\]: files = '': give a pattern in"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(RecipeError, match=message) as caught:
        recipes.load(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_recipe_that_is_not_there_names_those_that_ship() -> None:
    with pytest.raises(
        RecipeError, match=r"nowhere: No such file or directory; give .* one of: default, further, smoke"
    ):
        recipes.load("nowhere")


def test_an_encoder_that_is_unknown_or_has_too_few_layers_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"\[teacher\]: encoder 'bert' is unknown; give minilm or mpnet"):
        encoders.load("bert", 1)
    for frozen in (-1, 6):
        with pytest.raises(RecipeError, match=f"minilm has 6 layers; {frozen} cannot be frozen"):
            encoders.load("minilm", frozen)


def test_the_page_says_where_each_corpus_comes_from() -> None:
    page = (ROOT / "training" / "README.md").read_text("utf-8")
    for corpus in recipes.load("default").corpora:
        files = corpus.files.replace("*", r"\*")
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {files} |")]
        assert row.endswith(f"| {corpus.license} |")
        cited = re.search(r"\(([\w ]+ et al\. \d{4}|[\w ]+ \d{4})\)", corpus.name)
        assert cited is None or cited[1] in row
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page):
        assert (ROOT / "training" / target).exists(), target
