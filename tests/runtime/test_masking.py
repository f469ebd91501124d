"""Masked texts: one placeholder a name, all else as it was, and the way back."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.test_document import make_document

from escore import Document, InputTypeError, MaskEntry, Masker, Scorer, SettingError, TermsError, mask, unmask
from escore.masking.patterns import PATTERNS, pattern_spans
from escore.masking.placeholders import pseudonym

HOWS = ("label", "hash", "pseudonym")
TEXT = "Anna Berg told ANNA BERG, and Ben met Anna Berg."


def document_of(text: str) -> Document:
    """Words that begin with a capital are entities."""
    return make_document(text, [280.0 if word[0].isupper() else 0.0 for word in text.split()])


def test_a_name_has_one_placeholder_in_all_texts() -> None:
    masker = Masker()
    assert masker.mask(document_of("Anna Berg met Ben and Anna Berg")) == "[ENTITY_1] met [ENTITY_2] and [ENTITY_1]"
    assert masker.mask(document_of("then Ben met Eve")) == "then [ENTITY_2] met [ENTITY_3]"
    assert masker.mask(document_of("so ANNA BERG left")) == "so [ENTITY_1.2] left"
    again = Masker(entries=masker.entries)
    assert again.mask(document_of("Eve saw Ida and ANNA BERG")) == "[ENTITY_3] saw [ENTITY_4] and [ENTITY_1.2]"


def test_the_kinds_are_in_the_placeholders() -> None:
    from dataclasses import replace

    import numpy as np

    document = document_of("Anna met Oslo and Kattegat")
    kinds = np.zeros((5, 4), np.float32)
    kinds[[0, 2, 4], [0, 2, 1]] = 1
    document = replace(document, kinds=kinds)
    assert mask(document) == "[PERSON_1] met [PLACE_1] and [ORGANIZATION_1]"
    assert re.fullmatch(r"\w+ \w+ met \w+ and \w+ Group", mask(document, how="pseudonym"))


def test_a_character_hides_each_of_a_names(scorer: Scorer) -> None:
    assert mask(scorer("Joe Biden told Boris."), how="█") == "███ █████ told █████."
    assert mask(document_of("Anna slept"), how="*") == "**** slept"


def test_hashes_depend_on_name_and_key_alone() -> None:
    key = bytes(range(16))
    one, other = Masker(how="hash", key=key), Masker(how="hash", key=key)
    other.mask(document_of("Ben and Eve"))
    masked = one.mask(document_of("Anna slept"))
    assert re.fullmatch(r"\[ENTITY_[0-9a-f]{16}\] slept", masked)
    assert other.mask(document_of("Anna slept")) == masked
    assert mask(document_of("Anna slept"), how="hash", key=bytes(16)) != masked
    assert mask(document_of("Anna slept"), how="hash") != mask(document_of("Anna slept"), how="hash")


def test_pseudonyms_are_all_different() -> None:
    for label in ("PERSON", "ORGANIZATION", "PLACE", "ENTITY", "EMAIL", "URL", "PHONE"):
        assert len({pseudonym("", label, number) for number in range(20_000)}) == 20_000


def test_kept_names_stay_also_inside_others() -> None:
    document = document_of("Anna met Oslo Anna and Kattegat Lines near OSLO")
    assert (
        mask(document, keep=["oslo", "Kattegat Lines"]) == "[ENTITY_1] met Oslo [ENTITY_1] and Kattegat Lines near OSLO"
    )
    assert mask(document_of("Oslo slept"), keep="Oslo") == "Oslo slept"


def test_rules_find_addresses_and_numbers() -> None:
    text = "mail ann.lee+x@mail.example.org, see (https://a.org/x_(1)) or www.b.org. "
    text += "call +47 22 33 44 55 or (020) 7946-0958"
    found = {text[start:end]: name for start, end, name in pattern_spans(text, PATTERNS)}
    assert found == {
        "ann.lee+x@mail.example.org": "email",
        "https://a.org/x_(1)": "url",
        "www.b.org": "url",
        "+47 22 33 44 55": "phone",
        "(020) 7946-0958": "phone",
    }
    masked = mask(make_document(text, [0.0] * len(text.split())), also=PATTERNS)
    assert masked == "mail [EMAIL_1], see ([URL_1]) or [URL_2]. call [PHONE_1] or [PHONE_2]"
    assert mask(make_document(text, [0.0] * len(text.split())), also=["email"]).startswith("mail [EMAIL_1], see (https")


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-02",
        "02.05.2026",
        "192.168.10.12",
        "1234567890",
        "3.14159265",
        "order 12345678",
        "1,234,567.50",
        "1 234 567,50",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111 and 4111.1111.1111.1111",
        "DE89 3704 0044 0532 0130 00",
        "2026-11-30 10:00",
        "2026-11-30 10:00:05.123, 30.11.2026 10:00",
        "2026-11-30T10:00:05",
        "10:00:05 12:30",
        "1,234 567 8901",
        "+12345678901234567",
        "a@b",
        "@ann",
    ],
)
def test_what_only_looks_alike_stays(text: str) -> None:
    assert pattern_spans(text, PATTERNS) == []


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("tel:+442079460958", "+442079460958"),
        ("Tel:020 7946 0958, 3rd floor", "020 7946 0958"),
        ("at 020 7946 0958 3rd floor", "020 7946 0958"),
        ("2026-11-30 10:00:05 020 7946 0958 called", "020 7946 0958"),
        ("on 30.11.2026 22 33 44 55.", "22 33 44 55"),
        ("B2 020 7946 0958: ask", "020 7946 0958"),
        ("(+44) 20 7946-0958", "(+44) 20 7946-0958"),
        ("+44 (0)20 7946 0958", "+44 (0)20 7946 0958"),
        ("+44 (0) 20 7946 0958", "+44 (0) 20 7946 0958"),
        ("01.02.03.04.05", "01.02.03.04.05"),
    ],
)
def test_telephone_numbers_are_whole_runs_of_digits(text: str, phone: str) -> None:
    assert [text[start:end] for start, end, _ in pattern_spans(text, PATTERNS)] == [phone]


@given(st.text(alphabet="0123456789 .-(+,:/a", max_size=40))
def test_no_part_of_a_longer_number_is_a_telephone_number(text: str) -> None:
    for start, end, _ in pattern_spans(text, ("phone",)):
        assert text[start] in "+(" or not re.search(r"\d[.,:/-]?$", text[:start])
        assert not re.match(r"[.,:/-]?\d+(?!\w)", text[end:])


def test_rules_take_time_in_proportion() -> None:
    """A pattern that tried each start anew would take hours."""
    for part in ("a", "1 ", "a.", "(", "www.", "1-", "1:", "1", "1,", "2026-01-01 ", "@", "x@x."):
        pattern_spans(part * 100_000, PATTERNS)


@pytest.mark.parametrize("how", HOWS)
def test_what_looks_like_a_placeholder_already_comes_back(how: str) -> None:
    masker = Masker(how=how, key=bytes(16) if how == "hash" else None)
    given_first = masker.mask(document_of("Anna and Ben"))
    texts = [
        "the [ENTITY_1] and [ENTITY_2] of old",
        f"the sign {given_first} here",
        "Eve, [entity_3]",
        " ".join(pseudonym("", "ENTITY", number) for number in range(1, 9)).lower(),
        "the " + " ".join(pseudonym("", "ENTITY", number) for number in range(1, 9)),
        "[[ENTITY_3]] [ENTITY_3.2]",
    ]
    masked = [masker.mask(document_of(text)) for text in texts]
    masked.append(masker.mask(document_of("Anna Eve Ida")))
    assert [unmask(text, masker.entries) for text in masked] == [*texts, "Anna Eve Ida"]
    assert unmask(given_first, masker.entries) == "Anna and Ben"
    later = Masker(how=how, entries=masker.entries)
    more = [later.mask(document_of(f"{name} slept")) for name in ("Ola", "Kari", "Per", "Ada")]
    assert len(set(more)) == 4
    assert [unmask(text, later.entries) for text in masked] == [*texts, "Anna Eve Ida"]


WORDS = st.sampled_from(
    ["Anna", "ANNA", "Ben", "the", "[ENTITY_1]", "[ENTITY_2.2]", "[TEXT_1]", "[ENTITY_", "1]", "a\r\nb", "\0", "\ufeff",
     "\udce9", "Anna's", "漢", pseudonym("", "ENTITY", 1), pseudonym("", "ENTITY", 2).upper(), "a@b.org", "555-0101"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=8), max_size=4), st.sampled_from(HOWS))
def test_every_text_comes_back(parts: list[list[str]], how: str) -> None:
    texts = [" ".join(words) for words in parts]
    masker = Masker(how=how, also=("email", "phone"))
    masked = [masker.mask(document_of(text)) for text in texts]
    assert [unmask(text, masker.entries) for text in masked] == texts
    assert Masker(entries=masker.entries).entries == masker.entries
    for text in masked:
        assert "Anna" not in text.replace("Anna's", "")


def test_what_is_not_masked_is_as_it_was(scorer: Scorer, long_text: str) -> None:
    masker = Masker()
    document = scorer(long_text)
    parts, position = [], 0
    for entity in document.entities():
        parts.append(re.escape(long_text[position : entity.start]))
        position = entity.end
    pattern = r"\[[A-Z]+_\d+(?:\.\d+)?\]".join([*parts, re.escape(long_text[position:])])
    masked = masker.mask(document)
    assert re.fullmatch(pattern, masked)
    assert unmask(masked, masker.entries) == long_text


def test_entries_that_contradict_each_other_are_refused() -> None:
    one = MaskEntry("[ENTITY_1]", "Anna", "ENTITY")
    for other, problem in [
        (MaskEntry("[ENTITY_1]", "Ben", "ENTITY"), r"entries\[0\] and entries\[2\]: two entries for the placeholder"),
        (MaskEntry("[ENTITY_2]", "Anna", "ENTITY"), r"entries\[0\] and entries\[2\]: two placeholders for one text"),
    ]:
        entries = [one, MaskEntry("[ENTITY_3]", "Eve", "ENTITY"), other]
        with pytest.raises(SettingError, match=problem):
            Masker(entries=entries)
        with pytest.raises(SettingError, match=problem):
            unmask("[ENTITY_1]", iter(entries))
    Masker(entries=[one, MaskEntry("Lorurahurst", "Anna", "ENTITY")])  # as where a pseudonym could not be told apart


def test_mistakes_are_told(scorer: Scorer) -> None:
    for how in ("labels", "", "ab", " ", "\n", 3, None):
        with pytest.raises(SettingError, match="give label, hash, pseudonym, or one character"):
            Masker(how=how)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="the key has 5 bytes, and needs 16 or more"):
        Masker(how="hash", key=b"short")
    for key in ("x" * 20, 5):
        with pytest.raises(InputTypeError, match="the key must be bytes, not "):
            Masker(how="hash", key=key)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="a key is for how='hash' alone, not 'label'"):
        Masker(key=bytes(16))
    hashed = Masker(how="hash", key=bytes(16))
    hashed.mask(document_of("Anna met ANNA"))
    Masker(how="hash", key=bytes(16), entries=hashed.entries)
    with pytest.raises(SettingError, match="the key is not the one that made"):
        Masker(how="hash", key=bytes(range(16)), entries=hashed.entries)
    with pytest.raises(SettingError, match="also: 'mail' is unknown; give some of email, url, phone"):
        Masker(also=["mail"])  # type: ignore[list-item]
    with pytest.raises(TermsError, match="has no word"):
        Masker(keep=[" "])
    with pytest.raises(InputTypeError, match="mask takes a Document, not str"):
        mask("Anna")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="not a score"):
        mask(scorer("Anna"), 301)
