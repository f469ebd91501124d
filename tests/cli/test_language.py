"""What the model does not read is said once, beside the scores."""

from tests.conftest import Run

from escore.language import is_mostly_latin

RUSSIAN = "Анна Каренина живёт в Москве и читает книги по вечерам."


def test_run_says_once_that_most_letters_are_not_latin(escore_here: Run) -> None:
    result = escore_here("run", "--lines", input=f"{RUSSIAN}\nAnna lives in Rotterdam.\n{RUSSIAN}\n".encode())
    assert result.returncode == 0
    assert b"Rotterdam" in result.stdout
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith("escore: -:1 and 1 more: most letters are not Latin; the model reads English")
    assert escore_here("run", input=b"Anna lives in Rotterdam, and reads at night.").stderr == b""


def test_what_counts_as_latin() -> None:
    assert not is_mostly_latin(RUSSIAN)
    assert not is_mostly_latin("日本語の文章です。これは英語ではありません。とても長い。" * 2)
    for text in (
        "",
        "Привет",
        "Ångström naïve Łódź Đặng",
        "𝐀𝐧𝐧𝐚 𝐥𝐢𝐯𝐞𝐬 𝐢𝐧 𝐎𝐬𝐥𝐨 𝐚𝐧𝐝 𝐰𝐨𝐫𝐤𝐬",
        f"{'Anna reads. ' * 9}{RUSSIAN}",
    ):
        assert is_mostly_latin(text)
