"""The texts on which an exported bundle is compared with its checkpoint."""

from pathlib import Path

from escore_export.errors import ExportError

# What a reader of words may stumble over. verify.txt holds odd characters inside sentences, here they stand alone.
ODD_TEXTS = (
    "",
    " \t\r\n\u3000",
    "a",
    "Anna",
    "\x00\x07\x1b[31m",
    "e\u0301e\u0301 n\u0303 \u0301",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇬🇧🇫🇷 👍🏽",
    "x" * 700,
    "9" * 300,
    "." * 300,
    "half a pair: \ud83d, and another \udc4d",
    "שלום עולם, مرحبا بالعالم",
    "ข้อความภาษาไทย 日本語の文章 नमस्ते",
    "zero\u200bwidth soft\u00adhyphen no\u00a0break",
    "𝒜𝓃𝓃𝒶 𝐁𝐨𝐥𝐝 ①②③ ½ ﷽",
    "</s> <s> <mask> <pad> <unk>",
    "https://example.org/a_b?c=d&e=%20f#g user@example.org C:\\Temp\\x.txt",
    "line\none\r\nline two\u2028line three",
)


def verification_paragraphs() -> list[str]:
    """The paragraphs of verify.txt, texts as people write them."""
    content = Path(__file__).with_name("verify.txt").read_text("utf-8")
    return [text for text in content.split("\n\n") if text.strip()]


def verification_texts() -> list[str]:
    """These paragraphs, all of them as one long text, and odd texts; none of them calibrates anything."""
    paragraphs = verification_paragraphs()
    return [*paragraphs, "\n\n".join(paragraphs), *ODD_TEXTS]


def read_verification_text(path: Path) -> str:
    """A user's own text to verify on. Raises ExportError where it is no text in UTF-8, or holds no word."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        problem = "holds NUL characters and is no text" if "\0" in text else "" if text.strip() else "holds no word"
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8"
    if problem:
        raise ExportError(f"{path}: {problem}", "give a text file to verify on")
    return text
