"""Sentences and files of labeled text, made up here."""

from pathlib import Path

NAMES = ("Anna Berg", "Oslo", "Kattegat Lines", "Ingrid Solheim", "Rotterdam", "Henrik Vik")


def conllu_sentence(number: int, subject: str, noun: str, entity: str = "_") -> str:
    return "\n".join(
        [
            f"# sent_id = s{number}",
            f"1\t{subject}\t_\tPROPN\tNNP\t_\t_\t_\t_\t{entity}",
            "2-3\tdidn't\t_\t_\t_\t_\t_\t_\t_\t_",
            "2\tdid\t_\tAUX\tVBD\t_\t_\t_\t_\t_",
            "3\tn't\t_\tPART\tRB\t_\t_\t_\t_\t_",
            "4\tsee\t_\tVERB\tVB\t_\t_\t_\t_\t_",
            "5\tthe\t_\tDET\tDT\t_\t_\t_\t_\t_",
            "5.1\tgone\t_\tVERB\tVBN\t_\t_\t_\t_\t_",
            f"6\t{noun}\t_\tNOUN\tNN\t_\t_\t_\t_\tSpaceAfter=No",
            "7\t.\t_\tPUNCT\t.\t_\t_\t_\t_\t_",
        ]
    )


def columns(count: int, separator: str = "\t") -> str:
    """Sentences in columns, of which each names somebody or something."""
    lines = []
    for i in range(count):
        names = NAMES[i % len(NAMES)].split()
        tokens = [
            ("The", "O"),
            ("mayor", "O"),
            ("met", "O"),
            *((n, "BI"[k > 0] + "-X") for k, n in enumerate(names)),
            (".", "O"),
        ]
        lines.append("".join(f"{token}{separator}{tag}\n" for token, tag in tokens))
    return "\n".join(lines) + "\n"


def write_corpora(folder: Path, documents_of_web: int = 24) -> Path:
    """Some of the corpora that figures are measured on, in small; 300 documents are enough for a calibration."""
    documents, layer = [], []
    for i in range(documents_of_web):
        genre = ("email", "reviews")[i % 2]
        name = NAMES[i % len(NAMES)].split()[0]
        documents.append(f"# newdoc id = {genre}-{i}\n" + conllu_sentence(i, name, "ship") + "\n\n")
        tags = enumerate([(name, "B-X"), *((word, "O") for word in ("did", "n't", "see", "the", "ship", "."))], 1)
        layer.append(f"# sent_id = s{i}\n" + "".join(f"{k}\t{word}\t{tag}\t-\n" for k, (word, tag) in tags) + "\n")
    for path, text in {
        "ewt/en_ewt-ud-dev.conllu": "".join(documents),
        "ewt/en_ewt-ud-dev.uner.iob2": "".join(layer),
        "wnut17/emerging.dev.conll": columns(12),
        "crossner/music/dev.txt": columns(9),
        "worldwide/a.tsv": columns(5),
        "worldwide/b.tsv": columns(6),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder
