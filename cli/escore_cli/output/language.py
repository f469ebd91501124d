"""Say once, on standard error, that a model does not read the language of some texts."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from escore_cli.output.messages import print_error

if TYPE_CHECKING:
    from escore import Document


def note_other_languages(
    scored: Iterator[tuple["Document", str]], clear: Callable[[], None]
) -> Iterator[tuple["Document", str]]:
    """Pass on documents and their names; after the last one say which have letters that are mostly not Latin.

    clear: what to do before a line is printed.
    """
    from escore.language import NOTICE, is_mostly_latin

    names = []
    for document, name in scored:
        if not is_mostly_latin(document.text):
            names.append(name)
        yield document, name
    if names:
        clear()
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        print_error(f"{names[0]}{others}: {NOTICE}")
