"""Tiny corpora, made up here, in each format that is read."""

from pathlib import Path

SUBJECTS = ("Anna", "Ben", "Oslo", "Mary", "Rome")
NOUNS = ("mayor", "ship", "garden", "letter", "horse")


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


def write(folder: Path) -> Path:
    """A folder with `train.conllu`, `train.conll` and `words.txt`, some hundred short sentences."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [(subject, noun) for subject in SUBJECTS for noun in NOUNS]
    conllu = [conllu_sentence(i, *pair) for i, pair in enumerate(pairs * 4)]
    (folder / "train.conllu").write_text("# newdoc\n" + "\n\n".join(conllu) + "\n\n")
    columns = [f"{subject}\tB-PER\nBerg\tI-PER\nsold\tO\na\tO\n{noun}\tO\n!\tO" for subject, noun in pairs * 2]
    (folder / "train.conll").write_text("\n\n".join(columns) + "\n")
    (folder / "words.txt").write_text("The mayor of Rome wrote to Mary Berg about the ship and the horse.\n" * 20)
    return folder


RECIPE = """
name = "tiny"
version = "1"
licence = "CC0-1.0"
seed = 7
[[corpora]]
name = "sentences"
files = "*.conllu"
licence = "CC0-1.0"
repeat = 1
[[corpora]]
name = "columns"
files = "*.conll"
licence = "CC0-1.0"
repeat = 1
[vocabulary]
size = 400
extra_text = "words.txt"
[model]
layers = 1
max_tokens = 64
[texts]
sentences = [1, 2, 4]
lower_every = 8
capitals_every = 12
[training]
epochs = 8
batch_tokens = 256
learning_rate = 1e-3
head_factor = 5
weight_decay = 0.01
warmup = 0.1
bfloat16 = false
save_every = 5
"""
