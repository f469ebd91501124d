"""A sample of English text of many kinds: it calibrates the quantization, and `escore bench` measures on it."""

from pathlib import Path


def paragraphs() -> list[str]:
    """The paragraphs of sample_text.txt, in order."""
    content = Path(__file__).with_suffix(".txt").read_text("utf-8")
    return [paragraph for paragraph in content.split("\n\n") if paragraph.strip()]
