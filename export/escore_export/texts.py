"""The texts on which an exported bundle is compared with its checkpoint."""

from pathlib import Path

from escore_export.errors import ExportError

_HERE = Path(__file__).parent

# What a reader of words may stumble over. The text of the proof holds odd bits in their places, these stand alone.
ODD = (
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


def proof() -> list[str]:
    """Texts on which a bundle must say what the checkpoint says: each alone, all as one long document, and odd ones."""
    texts = _paragraphs("verify.txt")
    return [*texts, "\n\n".join(texts), *ODD]


def given(path: Path) -> list[str]:
    """A user's own file, as one document. Raises ExportError where it is no text in UTF-8, or holds no word."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ExportError(f"{path}: {error.strerror}; give a text file to verify on") from error
    except UnicodeDecodeError as error:
        raise ExportError(f"{path}: byte {error.start} is not UTF-8; give a text file to verify on") from error
    if "\0" in text:
        raise ExportError(f"{path}: holds NUL characters and is no text; give a text file to verify on")
    if not text.strip():
        raise ExportError(f"{path}: holds no word; give a text file to verify on")
    return [text]


def _paragraphs(name: str) -> list[str]:
    return [text for text in (_HERE / name).read_text("utf-8").split("\n\n") if text.strip()]
