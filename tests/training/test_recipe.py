"""Recipes: those that ship are read, and what is wrong in one is named."""

import re
from pathlib import Path

import msgspec
import pytest
from tests.conftest import ROOT
from tests.training.corpora import finetune_recipe, recipe

from escore_training.model.encoders import load_encoder
from escore_training.recipe import RecipeError, load_recipe

SMOKE = recipe({})


def test_recipes_that_ship_are_read() -> None:
    for name in ("default", "fast", "finetune", "smoke"):
        loaded = load_recipe(name)
        assert loaded.seed == 1
        assert all(corpus.license for corpus in loaded.corpora)
    assert load_recipe("default").training.epochs >= 1


def test_a_recipe_may_name_another_for_its_corpora(tmp_path: Path) -> None:
    corpora = r"\[\[corpora\]\]\n(\w.*\n)+"
    mine, other = tmp_path / "mine.toml", tmp_path / "other.toml"
    other.write_text(recipe({"corpora": {"repeat": 3}}))
    for name in ("smoke", str(other)):
        mine.write_text(f"corpora = '{name}'\n" + re.sub(corpora, "", SMOKE))
        assert load_recipe(mine) == msgspec.structs.replace(load_recipe("smoke"), corpora=load_recipe(name).corpora)
    more = re.search(corpora, SMOKE)
    assert more is not None
    mine.write_text(mine.read_text() + more.group().replace("[[corpora]]", "[[more_corpora]]"))
    assert load_recipe(mine).corpora == [*load_recipe(other).corpora, load_recipe("smoke").corpora[0]]
    mine.write_text(mine.read_text().replace("[[more_corpora]]", "[more_corpora]"))
    with pytest.raises(RecipeError, match=r"mine\.toml: Object contains unknown field `more_corpora`"):
        load_recipe(mine)
    mine.write_text(mine.read_text().replace("[more_corpora]", "[[more_corpora]]"))
    other.unlink()
    with pytest.raises(RecipeError, match=r"other\.toml: No such file or directory; give a TOML file or one of: "):
        load_recipe(mine)
    other.write_text(mine.read_text())
    with pytest.raises(RecipeError, match=r"mine\.toml: corpora: Expected `array`, got `str`"):
        load_recipe(mine)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name =", "not a TOML file"),
        ('name = "x"', "Object missing required field `version`"),
        (re.sub(r"\[\[corpora\]\]\n(\w.*\n)+", "", SMOKE), "Object missing required field `corpora`"),
        (
            "corpora = []\n" + re.sub(r"\[\[corpora\]\]\n(\w.*\n)+", "", SMOKE),
            "corpora: Expected `array` of length >= 1",
        ),
        (
            recipe({"teacher": {"annotation_schemes": ["gum"]}}),
            "teacher.annotation_schemes: no corpus has the annotation_scheme 'gum'",
        ),
        (
            recipe({"teacher": {"annotation_schemes": []}}),
            "teacher.annotation_schemes: Expected `array` of length >= 1",
        ),
        (SMOKE.replace("\nlayers = 2\n", "\n"), "model: Object missing required field `layers`"),
        (SMOKE.replace("\nlayers = 2", "\nlayers = 2\nwidth = 9"), "model: Object contains unknown field `width`"),
        (recipe({"model": {"layers": "2"}}), "model.layers: Expected `int`, got `str`"),
        (recipe({"model": {"layers": 7}}), "model.layers: Expected `int` <= 6"),
        (recipe({"training": {"epochs": 2.5}}), "training.epochs: Expected `int`, got `float`"),
        (recipe({"training": {"epochs": True}}).replace("True", "true"), "training.epochs: Expected `int`, got `bool`"),
        (recipe({"texts": {"sentences": 4}}), "texts.sentences: Expected `array`, got `int`"),
        (recipe({"texts": {"sentences": [1, 2.5]}}), "texts.sentences[1]: Expected `int`, got `float`"),
        (recipe({"texts": {"sentences": [1, 0]}}), "texts.sentences[1]: Expected `int` >= 1"),
        (recipe({"texts": {"sentences": []}}), "texts.sentences: Expected `array` of length >= 1"),
        (recipe({"texts": {"lowercase_every": 0}}), "texts.lowercase_every: Expected `int` >= 1"),
        (recipe({"teacher": {"teacher_weight": -0.1}}), "teacher.teacher_weight: Expected `float` >= 0.0"),
        (recipe({"teacher": {"max_tokens": 2}}), "teacher.max_tokens: Expected `int` >= 16"),
        (recipe({"teacher": {"sharpness": 0}}), "teacher.sharpness: Expected `float` > 0.0"),
        (recipe({"model": {"max_tokens": 2}}), "model.max_tokens: Expected `int` >= 16"),
        (recipe({"training": {"dropout": 1.5}}), "training.dropout: Expected `float` <= 0.9"),
        (
            recipe({"training": {"ordinal_loss_weight": 0.25}}).replace("0.25", "nan"),
            "training.ordinal_loss_weight: Expected `float` >= 0.0",
        ),
        (
            recipe({"training": {"learning_rate": 0.25}}).replace("0.25", "inf"),
            "training.learning_rate: Expected `float` <= 1.79",
        ),
        (recipe({"corpora": {"repeat": 0}}), "corpora: repeat is 0 for all"),
        (recipe({"corpora": {"teacher_repeat": 0}}), "corpora: teacher_repeat is 0 for all"),
        (recipe({"corpora": {"license": ""}}), "corpora[0]: '': names, versions and licenses must be one line of text"),
        (recipe({}, name=r"a\nb"), r"'a\nb': names, versions and licenses must be one line of text"),
        (recipe({}, name=r"a\nb").replace("license", r'"li\ncense"', 1), r"unknown field `li\ncense`"),
        (recipe({"corpora": {"files": "a**b"}}), "corpora[0]: files = 'a**b': give a pattern in"),
        (recipe({"corpora": {"files": "/data/*.txt"}}), "corpora[0]: files = '/data/*.txt': give a pattern in"),
        (recipe({"corpora": {"files": "../x.txt"}}), "files = '../x.txt': give a pattern in"),
        (recipe({"corpora": {"files": ""}}), "files = '': give a pattern in"),
        (
            "attributions = 3\n" + re.sub(r"\[\[attributions\]\]\n(\w.*\n)+", "", SMOKE),
            "attributions: Expected `array`, got `int`",
        ),
        (
            "model = 3\n" + SMOKE.replace("[model]\nlayers = 2\nintermediate_size = 1536\nmax_tokens = 128\n", ""),
            "model: Expected `object`, got `int`",
        ),
        (
            SMOKE.replace('license = "CC0-1.0"\nrepeat', "repeat", 1),
            "corpora[0]: Object missing required field `license`",
        ),
        (recipe({"vocabulary": {"size": 10}}), "vocabulary.size: Expected `int` >= 300"),
        (recipe({}, seed=1).replace("seed = 1", "sede = 1"), "Object contains unknown field `sede`"),
        (SMOKE.replace("[texts]", "[text]"), "Object contains unknown field `text`"),
        (finetune_recipe(extra="[teacher]"), "[teacher] has no use beside [finetune]; remove one of them"),
        (finetune_recipe(averaging_weight=1.5), "finetune.averaging_weight: Expected `float` <= 1.0"),
        (
            finetune_recipe().replace("teacher_weight = 0.25\n", ""),
            "finetune: Object missing required field `teacher_weight`",
        ),
        (
            finetune_recipe().replace("teacher_repeat = 0", "teacher_repeat = 1", 1),
            "corpora: teacher_repeat must be 0 beside [finetune], which trains no teacher",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(RecipeError, match=re.escape(message)) as caught:
        load_recipe(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_recipe_that_is_not_there_names_those_that_ship() -> None:
    message = r"nowhere: No such file or directory; give .* one of: default, fast, finetune, smoke"
    with pytest.raises(RecipeError, match=message):
        load_recipe("nowhere")


def test_an_encoder_that_is_unknown_or_has_too_few_layers_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"teacher.encoder: 'bert' is unknown; give minilm or mpnet"):
        load_encoder("bert", 1)
    for frozen in (-1, 6):
        with pytest.raises(RecipeError, match=f"minilm has 6 layers; {frozen} cannot be frozen"):
            load_encoder("minilm", frozen)


def test_the_page_says_where_each_corpus_comes_from() -> None:
    page = (ROOT / "training" / "README.md").read_text("utf-8")
    for corpus in load_recipe("default").corpora:
        files = corpus.files.replace("*", r"\*")
        (row,) = [line for line in page.splitlines() if line.startswith(f"| {files} |")]
        assert row.endswith(f"| {corpus.license} |")
        cited = re.search(r"\(([\w ]+ et al\. \d{4}|[\w ]+ \d{4})\)", corpus.name)
        assert cited is None or cited[1] in row
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page):
        assert (ROOT / "training" / target).exists(), target
