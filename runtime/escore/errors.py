"""Errors, each with the builtin that a caller may already catch as its second parent."""


class EscoreError(Exception):
    """The parent of all errors that escore raises itself.

    problem: what is wrong, and where.
    advice: what to do about it; may be empty.
    The message is one line for a person to act on: "problem; advice".
    """

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(f"{problem}; {advice}" if advice else problem)
        self.problem = problem
        self.advice = advice


def install_advice(extras: str) -> str:
    """What to do about packages that are not installed: one extra of escore, or several with commas."""
    return f"in the folder of escore's source: pip install -c constraints.txt '.[{extras}]'"


class BundleNotFoundError(EscoreError, FileNotFoundError):
    """There is no bundle at that path, or one of its files is missing."""


class BundleError(EscoreError, ValueError):
    """A folder that is no sound bundle: not in escore's format, or changed since it was written."""


class IncompatibleBundleError(EscoreError, RuntimeError):
    """A sound bundle that this installation cannot run: a newer schema, or a newer onnxruntime needed."""


class DeviceError(EscoreError, RuntimeError):
    """The requested device is not available."""


class DeviceWarning(EscoreError, UserWarning):  # noqa: N818
    """A model made for CUDA runs on the CPU."""


class SettingError(EscoreError, ValueError):
    """An argument outside its range."""


class TermsError(EscoreError, ValueError):
    """A list of terms that cannot be used."""


class WordLengthError(EscoreError, ValueError):
    """A text with a word that is too long for the regular expression that finds words."""


class InputTypeError(EscoreError, TypeError):
    """Something that should be text is not."""


class ForkError(EscoreError, RuntimeError):
    """A stream or a CUDA session used in a forked process, where its threads are missing."""


class CancelledError(EscoreError, RuntimeError):
    """A stream that its caller cancelled."""


class OutputError(EscoreError, OSError):
    """Output that cannot be written where it should be."""
