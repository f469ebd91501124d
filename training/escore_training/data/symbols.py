"""Made-up words of programs, machines and packages: identifiers, options, paths, versions. None of them is a name.

Each function makes one from common nouns in lower case.
"""

import random
import re
from collections.abc import Callable, Sequence

_ENDINGS = (
    "Error", "Exception", "Config", "Handler", "Factory", "Test", "Service", "Client", "Request", "List", "Id", "API",
    "URL", "_",
)  # fmt: skip
_STARTS = (
    "Get", "Is", "Set", "On", "I", "Base", "Abstract", "My", "Update", "XML", "HTTP", "DB", "JSON", "Q", "PyObject",
)  # fmt: skip
_FOLDERS = (
    "/usr/lib", "/usr/share", "/usr/bin", "/etc", "/var/lib", "/var/log", "/opt", "/home", "/srv", "src", "lib",
    "libexec", "tests", ".", "..", "~",
)  # fmt: skip
_EXTENSIONS = (
    "py", "c", "h", "js", "ts", "json", "java", "so", "so.1", "conf", "yml", "toml", "xml", "html", "md", "txt", "sh",
    "gz", "log", "am", "in", "pl",
)  # fmt: skip
_DISTRIBUTIONS = (
    "+deb12u1", "-1", "-2+b1", "-1ubuntu3.2", "~rc2", "-1~bpo11+1", ".dfsg-4", "+git20200303-1", ".post1", "-beta.2",
)  # fmt: skip
_AFFIXES = (
    ("lib", ""), ("lib", "-dev"), ("lib", "1"), ("lib", "2.0-0"), ("lib", "-perl"), ("lib", "-java"), ("lib", "6"),
    ("python3-", ""), ("", "-dev"), ("", "-utils"), ("", "-common"), ("", "-doc"), ("", "-data"), ("fonts-", ""),
    ("node-", ""), ("golang-", "-dev"), ("ruby-", ""), ("", "d"), ("", "fs"), ("x11-", ""), ("gir1.2-", "-1.0"),
    ("@", "/core"), ("", ".js"), ("py", ""), ("", "lib"), ("", ""),
)  # fmt: skip
_NUMBERS = ("", "", "", "2", "3-4", "17", "-bin")
_SHORT_STARTS = ("lib", "py", "get", "set", "str", "sys", "pg_", "is", "un", "sub")
_SHORT_ENDS = ("", "d", "fs", "ctl", "rc", "ptr", "x", "64", "v2", "name")


def abbreviation(nouns: Sequence[str], rng: random.Random) -> str:
    """What programmers shorten words to: strcmp, devtmp, libctx, jstat."""
    word = rng.choice(nouns)
    shape = rng.random()
    if shape < 0.3:
        return word[:3] + rng.choice(nouns)[:3]
    if shape < 0.5:
        return word[0] + (re.sub("[aeiou]", "", word[1:])[:4] or "x")
    if shape < 0.65:
        return rng.choice("dgjkqxz") + word[: rng.randrange(3, 7)]
    if shape < 0.8:
        return rng.choice(_SHORT_STARTS) + word[:5]
    return word[: rng.randrange(2, 5)] + rng.choice(_SHORT_ENDS)


def camel(nouns: Sequence[str], rng: random.Random) -> str:
    """The name of a class or a type: PortList, IOError, GetUri."""
    words = "".join(word.capitalize() for word in rng.choices(nouns, k=rng.choice((1, 2, 2, 3))))
    shape = rng.random()
    return words + rng.choice(_ENDINGS) if shape < 0.35 else rng.choice(_STARTS) + words if shape < 0.6 else words


def lower_camel(nouns: Sequence[str], rng: random.Random) -> str:
    """The name of a method or a key: hasFocus, clusterId."""
    start = rng.choice((*rng.choices(nouns, k=3), "get", "is", "has", "on", "to", "max"))
    return (
        start
        + "".join(word.capitalize() for word in rng.choices(nouns, k=rng.choice((1, 1, 2))))
        + rng.choice(("", "", "", "Id"))
    )


def snake(nouns: Sequence[str], rng: random.Random) -> str:
    """The name of a variable, a function or a column."""
    words = "_".join(rng.choices(nouns, k=rng.choice((1, 2, 2, 3))))
    return rng.choice(("", "", "", "", "_", "__", "get_", "is_", "n_")) + words


def constant(nouns: Sequence[str], rng: random.Random) -> str:
    """The name of a constant, a macro or a variable of the environment."""
    return "_".join(
        (
            *rng.choices(("MAX", "NO", "HAVE", "SSL", "ERR", "GL", "DEFAULT"), k=rng.randrange(2)),
            *(w.upper() for w in rng.choices(nouns, k=rng.choice((1, 2, 2)))),
        )
    )


def dotted(nouns: Sequence[str], rng: random.Random) -> str:
    """A module or a namespace: org.port.sail, Port::Sail."""
    parts = rng.choices(nouns, k=rng.choice((2, 2, 3)))
    if rng.random() < 0.2:
        return "::".join(part.capitalize() for part in parts)
    return ".".join(
        (*rng.choices(("org", "com", "java", "std", "self", "google", "apache"), k=rng.randrange(2)), *parts)
    )


def symbol(nouns: Sequence[str], rng: random.Random) -> str:
    """An identifier of any of these shapes."""
    return rng.choice((abbreviation, abbreviation, camel, lower_camel, snake, constant, dotted))(nouns, rng)


def package(nouns: Sequence[str], rng: random.Random) -> str:
    """The name of a package, mostly one of no program that exists."""
    start, end = rng.choice(_AFFIXES)
    middle = rng.choice((rng.choice(nouns), abbreviation(nouns, rng), f"{rng.choice(nouns)}-{rng.choice(nouns)}"))
    return f"{start}{middle}{rng.choice(_NUMBERS)}{end}"


def version(nouns: Sequence[str], rng: random.Random) -> str:
    """The version of a package."""
    numbers = ".".join(str(rng.randrange(rng.choice((10, 40)))) for _ in range(rng.choice((2, 3, 3))))
    return rng.choice(("", "", "", "1:", "2:")) + numbers + rng.choice(("", "", "", *_DISTRIBUTIONS))


def option(nouns: Sequence[str], rng: random.Random) -> str:
    """An option of a command, sometimes with a value."""
    name = rng.choice(("--", "--", "--", "--no-", "-")) + "-".join(rng.choices(nouns, k=rng.choice((1, 1, 2))))
    return rng.choice(
        (
            name,
            name,
            f"{name}={rng.choice(nouns)}",
            f"{name}={rng.choice(nouns).upper()}",
            f"-{rng.choice('abcdefghilnopqrstuvxCDEFILNOPRSTX')}",
        )
    )


def file(nouns: Sequence[str], rng: random.Random) -> str:
    """The name of a file."""
    stem = rng.choice((abbreviation, camel, snake, snake, package))(nouns, rng)
    if rng.random() < 0.08:
        return rng.choice(("README", "Makefile", "NEWS", "ChangeLog"))
    return f"{stem}.{rng.choice(_EXTENSIONS)}"


def path(nouns: Sequence[str], rng: random.Random) -> str:
    """A path of folders, mostly with a file at its end."""
    folders = [
        rng.choice((rng.choice(nouns), abbreviation(nouns, rng), package(nouns, rng)))
        for _ in range(rng.choice((1, 1, 2, 3)))
    ]
    return "/".join((rng.choice(_FOLDERS), *folders, *((file(nouns, rng),) if rng.random() < 0.6 else ())))


def boundary(nouns: Sequence[str], rng: random.Random) -> str:
    """What parts of a mail are separated by."""
    return rng.choice(
        (
            f"----=_Part_{rng.randrange(9999)}_{rng.randrange(10**8)}",
            f"=={rng.randrange(10**12)}==",
            f"{rng.choice(nouns).upper()}{rng.choice(('', '-7'))}",
            f"Apple-Mail-{rng.randrange(99)}",
            f"--{rng.choice(nouns).capitalize()}_Boundary",
        )
    )


def bug(nouns: Sequence[str], rng: random.Random) -> str:
    """The number of a bug or of a pull request."""
    return rng.choice(
        (
            f"#{rng.randrange(10**6)}",
            f"#{rng.randrange(10**4)}",
            f"LP: #{rng.randrange(10**6)}",
            f"{rng.choice(nouns).upper()[:4]}-{rng.randrange(10**4)}",
            f"CVE-20{rng.randrange(10, 30)}-{rng.randrange(10**5)}",
        )
    )


Make = Callable[[Sequence[str], random.Random], str]
ALL = (
    abbreviation, camel, lower_camel, snake, constant, dotted, symbol, package, version, option, file, path, boundary,
    bug,
)  # fmt: skip
