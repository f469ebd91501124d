"""The scorer that is in use. Another can take its place while requests are answered; the one before can come back."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock

from escore import EscoreError, Scorer, SettingError
from escore.bundle.bundle import locate


class ReloadError(EscoreError, RuntimeError):
    """No other model could be put to use; the one that was in use stays."""


class CurrentModel:
    """The scorer in use, and the one before it.

    A request takes `scorer` once and uses it to its end, so that a swap never changes an answer that has begun. A
    scorer is freed when it is neither of the two and the last request that uses it ends.

    scorer: the first one in use.
    load: makes the scorer that `reload` puts to use; None where there is nothing to load again.
    """

    def __init__(self, scorer: Scorer, load: Callable[[], Scorer] | None = None) -> None:
        self._load = load
        self._scorers: tuple[Scorer, Scorer | None] = scorer, None  # replaced as a whole
        self._names = frozenset([self.name])  # of all models so far
        self._lock = Lock()  # of all that replaces these

    @property
    def scorer(self) -> Scorer:
        """The scorer in use."""
        return self._scorers[0]

    @property
    def previous(self) -> Scorer | None:
        """The scorer that was in use before."""
        return self._scorers[1]

    @property
    def name(self) -> str:
        """Name and version of the model in use."""
        return self.scorer.bundle.manifest.model_name

    def was_used(self, name: str) -> bool:
        """Whether a model of this name and version is or was in use since the service began."""
        return name in self._names

    def swap(self, scorer: Scorer) -> None:
        """Use `scorer` for requests that come from now on.

        Raises SettingError where it has another number of threads: the queue and the server are as wide as the first.
        """
        with self._lock:
            self._swap(scorer)

    def restore(self) -> None:
        """Use the scorer before this one again. Raises ReloadError where there is none."""
        with self._lock:
            scorer = self.previous
            if scorer is None:
                raise ReloadError("there is no previous model")
            self._swap(scorer)

    def reload(self) -> bool:
        """Load the model again and use it; whether it is another one. The same model changes nothing.

        Waits while another thread does this. Raises ReloadError, whose message tells paths, and the old model stays.
        """
        with self._lock:
            if self._load is None:
                raise ReloadError("this service cannot load its model again", "give create_app a function `load`")
            try:
                scorer = self._load()
                scorer("Oslo")  # a graph that does not run is refused here; the first request need not warm it up
                if scorer.bundle.manifest.render() == self.scorer.bundle.manifest.render():
                    return False
                self._swap(scorer)
            except Exception as error:  # whatever is wrong with a bundle, the service goes on
                raise ReloadError(f"the model in use stays, since another cannot be loaded: {error}") from error
            return True

    def _swap(self, scorer: Scorer) -> None:
        if scorer.threads != self.scorer.threads:
            raise SettingError(f"a scorer with {scorer.threads} threads", f"make one with {self.scorer.threads}")
        self._names |= {scorer.bundle.manifest.model_name}  # before any answer names it
        self._scorers = scorer, self.scorer


def open_model(model: str | None, threads: int | None, device: str) -> Scorer:
    """A scorer with the bundle at a path; arguments are those of Scorer.

    A link is followed once, so that all files come from one folder even if it is moved meanwhile.
    """
    return Scorer(Path(locate(model)).resolve(), threads, device)
