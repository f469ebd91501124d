"""Mask documents one after the other, so that each name has one placeholder in all of them; and put names back."""

import secrets
from collections.abc import Iterable, Iterator

from escore.arguments import describe
from escore.document import Document
from escore.errors import InputTypeError, SettingError
from escore.masking import placeholders
from escore.masking.entries import HASH, LABEL, PLACEHOLDER, PSEUDONYM, MaskEntry, conflict, style
from escore.masking.known import KnownPlaceholders
from escore.masking.patterns import PATTERNS, Pattern
from escore.masking.placeholders import MIN_KEY, Name, hash_label, key_of, number_label, pseudonym
from escore.masking.spans import Kept, MaskSpan, mask_spans
from escore.scale import ENTITY_MINIMUM

ITSELF = "TEXT"  # the label of what only looks like a placeholder


class Masker:
    """Replaces the entities of documents. Not for several threads at once.

    minimum: the lowest score of an entity's words, 0..300; see Document.entities.
    how: "label": [PERSON_1], or [ENTITY_1] where the bundle says no kinds; "hash": [PERSON_6f1e...], by a key;
        "pseudonym": an invented name; or a single character that stands for each of theirs.
    keep: names that are not masked.
    also: "email", "url", "phone": what else is masked, by plain rules.
    key: of the hashes, at least 16 bytes; None makes a new one, so that no two maskers give the same.
    entries: of an earlier masker: the names that they hold keep their placeholders, whatever `how` says. Hashes among
        them must be of `key`, if one is given.

    The same name has the same placeholder in all documents. Another spelling of it (in case, white space or composed
    accents) has one of its own that looks alike: [PERSON_1.2]. What the text holds already is never a placeholder, so
    that `unmask` gives every text back exactly.

    Raises SettingError, TermsError for `keep`, and InputTypeError.
    """

    def __init__(
        self,
        minimum: float = ENTITY_MINIMUM,
        how: str = LABEL,
        keep: Iterable[str] = (),
        also: Iterable[Pattern] = (),
        key: bytes | None = None,
        entries: Iterable[MaskEntry] = (),
    ) -> None:
        self._minimum, self._how, self._also = minimum, how, _patterns(also)
        self._kept = Kept.of(tuple(keep) if not isinstance(keep, str) else (keep,))
        self._name = _namer(how, key)
        self.entries: list[MaskEntry] = []
        self._known = KnownPlaceholders()
        self._placeholders: dict[str, str] = {}  # by text
        self._brackets: dict[str, str] = {}  # by text: its placeholder in brackets
        self._reserved: set[str] = set()  # what stands for itself
        self._firsts: dict[str, MaskEntry] = {}  # by name: that of its first spelling
        self._numbers: dict[str, int] = {}  # by label: the last that was given
        self._spellings: dict[str, int] = {}  # by name: how many it has
        for entry in _checked(entries):
            self._add(entry)
        if key is not None:
            self._check_key()

    def _check_key(self) -> None:
        """Raises SettingError where earlier hashes are of another key: the same name would not always get the same."""
        assert self._name is not None
        for name, entry in self._firsts.items():
            candidates = (self._name(name, entry.label, number) for number in (1, 2))  # 2: 1 was another name's
            if style(entry) == HASH and entry.placeholder not in candidates:
                problem = f"the key is not the one that made {entry.placeholder} before"
                raise SettingError(problem, "give that key, or begin anew without what it made")

    def mask(self, document: Document) -> str:
        """The text of a document, masked. Raises SettingError where the minimum is no score."""
        if not isinstance(document, Document):
            raise InputTypeError(f"mask takes a Document, not {describe(document)}", "give what a Scorer returns")
        text = document.text
        spans = mask_spans(document, self._minimum, self._also, self._kept)
        if self._name is None:
            return _replaced(text, spans, [placeholders.hide(text[s.start : s.end], self._how) for s in spans])
        self._reserve(text)
        spans = self._with_literals(text, spans)
        masked = _replaced(text, spans, [self._placeholder(span, text) for span in spans])
        if self._known.replace(masked) != text:  # a pseudonym and the words around it read like another one
            masked = _replaced(text, spans, [self._bracketed(span, text) for span in spans])
        return masked

    def _reserve(self, text: str) -> None:
        """What looks like a placeholder and is none yet, never becomes one: it stands for itself."""
        literals = PLACEHOLDER.findall(text)
        if self._how == PSEUDONYM:
            literals += placeholders.INVENTED.findall(text)
        for literal in literals:
            if literal not in self._known.texts:
                self._add(MaskEntry(literal, literal, ITSELF))

    def _with_literals(self, text: str, spans: list[MaskSpan]) -> list[MaskSpan]:
        """The spans, and those of what the text holds of placeholders for names: they are masked like a name."""
        literals = [
            MaskSpan(start, end, ITSELF)
            for start, end in self._known.occurrences(text)
            if self._known.texts[text[start:end]] != text[start:end]
            and not any(span.start < end and start < span.end for span in spans)
        ]
        return sorted([*spans, *literals], key=lambda span: span.start) if literals else spans

    def _placeholder(self, span: MaskSpan, text: str) -> str:
        name = text[span.start : span.end]
        if name in self._placeholders:
            return self._placeholders[name]
        key = key_of(name)
        first = self._firsts.get(key)
        label = span.label if first is None else first.label
        placeholder = self._first_free(self._candidates(key, name, label, first), text)
        self._add(MaskEntry(placeholder, name, label))
        return placeholder

    def _bracketed(self, span: MaskSpan, text: str) -> str:
        """A placeholder in brackets, which nothing around it can change, also where pseudonyms are wanted."""
        name = text[span.start : span.end]
        if name in self._brackets:
            return self._brackets[name]
        placeholder = self._first_free(self._numbered(number_label, "", span.label), text)
        self._add(MaskEntry(placeholder, name, span.label))
        return placeholder

    def _first_free(self, candidates: Iterator[str], text: str) -> str:
        return next(
            candidate
            for candidate in candidates
            if candidate not in self._known.texts
            and candidate not in text
            and self._reserved.isdisjoint(placeholders.INVENTED.findall(candidate))
        )

    def _candidates(self, key: str, name: str, label: str, first: MaskEntry | None) -> Iterator[str]:
        """Placeholders for a name, the best first, without end."""
        assert self._name is not None
        if first is not None and PLACEHOLDER.fullmatch(first.placeholder):
            while True:
                self._spellings[key] = self._spellings.get(key, 1) + 1
                yield f"{first.placeholder[:-1]}.{self._spellings[key]}]"
        if first is not None:
            yield from placeholders.spellings(first.placeholder, name, first.text)
        yield from self._numbered(self._name, key, label)

    def _numbered(self, name: Name, key: str, label: str) -> Iterator[str]:
        is_hash = self._how == HASH and name is self._name
        number = 0 if is_hash else self._numbers.get(label, 0)
        while True:
            number += 1
            if not is_hash:
                self._numbers[label] = number
            yield name(key, label, number)

    def _add(self, entry: MaskEntry) -> None:
        self.entries.append(entry)
        self._known.add(entry.placeholder, entry.text)
        if entry.placeholder == entry.text:
            self._reserved.add(entry.text)
        else:
            self._placeholders.setdefault(entry.text, entry.placeholder)
            if PLACEHOLDER.fullmatch(entry.placeholder):
                self._brackets.setdefault(entry.text, entry.placeholder)
            self._firsts.setdefault(key_of(entry.text), entry)


def mask(
    document: Document,
    minimum: float = ENTITY_MINIMUM,
    how: str = LABEL,
    keep: Iterable[str] = (),
    also: Iterable[Pattern] = (),
    key: bytes | None = None,
) -> str:
    """The text of one document, its entities replaced; see Masker, which masks several and can be reversed."""
    return Masker(minimum, how, keep, also, key).mask(document)


def unmask(text: str, entries: Iterable[MaskEntry]) -> str:
    """A masked text as it was, by the entries of its Masker. What no entry knows stays as it is.

    Raises SettingError where entries contradict each other.
    """
    known = KnownPlaceholders()
    for entry in _checked(entries):
        known.add(entry.placeholder, entry.text)
    return known.replace(text)


def _replaced(text: str, spans: list[MaskSpan], replacements: list[str]) -> str:
    parts, position = [], 0
    for span, replacement in zip(spans, replacements, strict=True):
        parts += [text[position : span.start], replacement]
        position = span.end
    return "".join([*parts, text[position:]])


def _checked(entries: Iterable[MaskEntry]) -> list[MaskEntry]:
    """The entries. Raises SettingError where two contradict each other."""
    result = list(entries)
    if problem := conflict(result):
        places = f"entries[{problem.first}] and entries[{problem.second}]"
        raise SettingError(f"{places}: {problem.problem}", "give those of one masker")
    return result


def _patterns(also: Iterable[Pattern]) -> tuple[Pattern, ...]:
    names: tuple[Pattern, ...] = (also,) if isinstance(also, str) else tuple(also)  # type: ignore[assignment]
    for name in names:
        if name not in PATTERNS:
            raise SettingError(f"also: {name!r} is unknown", f"give some of {', '.join(PATTERNS)}")
    return names


def _namer(how: str, key: bytes | None) -> Name | None:
    """What names placeholders; None for a character that hides each of a name's."""
    if key is not None:
        if how != HASH:
            raise SettingError(f"a key is for how='hash' alone, not {how!r}", "leave it out")
        if not isinstance(key, bytes):
            raise InputTypeError(f"the key must be bytes, not {describe(key)}", "make one: secrets.token_bytes(32)")
        if len(key) < MIN_KEY:
            problem = f"the key has {len(key)} bytes, and needs {MIN_KEY} or more"
            raise SettingError(problem, "make one: secrets.token_bytes(32)")
    if how == HASH:
        return hash_label(secrets.token_bytes(32) if key is None else key)
    if how in (LABEL, PSEUDONYM):
        return number_label if how == LABEL else pseudonym
    if isinstance(how, str) and len(how) == 1 and how.isprintable() and not how.isspace():
        return None
    raise SettingError(f"masking with {how!r} is unknown", "give label, hash, pseudonym, or one character such as █")
