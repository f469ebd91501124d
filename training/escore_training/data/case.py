"""How a token is capitalized."""

CASES = ("lower", "initial", "capitals", "mixed", "digits", "other")


def case_class(text: str) -> int:
    """Which of CASES a token is written in."""
    return CASES.index(_case(text))


def _case(text: str) -> str:
    letters = text.strip()
    if not any(char.isalpha() for char in letters):
        return "digits" if any(char.isdigit() for char in letters) else "other"
    if letters == letters.lower():
        return "lower"
    if letters[0].isupper() and letters[1:] == letters[1:].lower():
        return "initial"
    return "capitals" if letters == letters.upper() else "mixed"
