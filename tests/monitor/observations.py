"""Observations made up here, for what needs no scores."""

from collections.abc import Sequence

from escore_monitor.observation import Mention, Observation, content_hash, count_bins, document_key

DAY = 20_000  # 2024-10-04, a Friday


def observation(
    id: str, names: Sequence[str] = (), day: int = DAY, *, text: str = "", source: str = "", model: str = "m 1"
) -> Observation:
    """A document of twenty words that mentions some names."""
    return Observation(
        key=document_key(model, id, text, source, ""),
        content=content_hash(text or id),
        day=day,
        source=source,
        model=model,
        words=20,
        pieces=25,
        mentions=tuple(Mention(name, 290.5) for name in names),
        bins=count_bins(20, 25, len(names), [100, 200, 290.5]),
    )
