"""Spellings of one entity."""

import pytest

from escore_monitor.variants import variant_key


@pytest.mark.parametrize(
    "forms",
    [
        ("Coca-Cola", "COCA COLA", "Coca Cola's", "coca‑cola", "CocaCola"),
        ("The Hague", "the hague", "Hague", "THE  HAGUE", "Hague’s"),
        ("Zürich", "ZÜRICH", "Zurich", "Zu\u0308rich"),
        ("Straße", "STRASSE"),
        ("U.S.", "US", "u.s"),
        ("O'Neil", "O’Neil", "ONeil"),
        ("ＡＣＭＥ", "Acme"),
        ("Joe  Biden", "Joe\nBiden", "JOE BIDEN"),
        ("@Ben", "Ben"),
    ],
)
def test_these_are_one(forms: tuple[str, ...]) -> None:
    assert len({variant_key(form) for form in forms}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Berlin", "Bern"), ("Ostara 1", "Ostara 2"), ("日本", "中国"), ("★", "☆"), ("The", "A")],
)
def test_these_are_two(one: str, other: str) -> None:
    assert variant_key(one) != variant_key(other)


@pytest.mark.parametrize("text", ["The", "'s", "...", "★", "the ", "’"])
def test_nothing_has_no_key(text: str) -> None:
    assert variant_key(text)
