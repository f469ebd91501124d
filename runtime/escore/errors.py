"""What can go wrong, each with the builtin that a caller may already catch as its second parent."""


class EscoreError(Exception):
    """The parent of all errors that escore raises itself; its message is one line for a person to act on."""


class BundleNotFoundError(EscoreError, FileNotFoundError):
    """No bundle at that path, or a file of it is missing."""


class BundleError(EscoreError, ValueError):
    """A folder that is no sound bundle: not escore's format, or changed since it was written."""


class IncompatibleBundleError(EscoreError, RuntimeError):
    """A sound bundle that this installation cannot run: a newer schema, or a newer onnxruntime needed."""


class DeviceError(EscoreError, RuntimeError):
    """The device that was asked for is not there."""


class DeviceWarning(EscoreError, UserWarning):  # noqa: N818
    """A model runs on the CPU that was made for CUDA."""


class SettingError(EscoreError, ValueError):
    """An argument outside its range."""


class InputTypeError(EscoreError, TypeError):
    """Something that should be text is not."""


class ForkError(EscoreError, RuntimeError):
    """Something that a fork took the threads from."""
