"""A batch from inputs to output, on either engine."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from escore import Bundle
from escore.bundle.bundle import portable_name
from escore.concurrency.cores import usable_cores
from escore_batch.finish import Summary, finish
from escore_batch.inputs import find_sources
from escore_batch.local import Work, run_local
from escore_batch.output import check_apart, key_sources, open_output
from escore_batch.progress import Meter, Show
from escore_batch.readers import check_columns
from escore_batch.settings import Columns, Format, Settings, Unit, default_minimum, model_hash
from escore_batch.slices import slice_size
from escore_batch.storage import open_place

Engine = Literal["local", "ray"]


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What a batch reads and writes.

    inputs: files, folders and globs, or URLs of such; output: a folder, or its URL.
    model: the folder of a bundle, or "fast"; None is the default one that ships.
    minimum: 0..300; None is 80 for words and 220 for entities.
    workers: None is one for each core of this machine or, on Ray, of the cluster.
    address: of a Ray cluster, as `ray.init` takes it; None is that of RAY_ADDRESS, or a cluster on this machine alone.
    resume: go on where an earlier run ended; overwrite: remove what it wrote.
    """

    inputs: tuple[str, ...]
    output: str
    engine: Engine = "local"
    model: str | None = None
    unit: Unit = "words"
    minimum: float | None = None
    columns: Columns = field(default_factory=Columns)
    format: Format = "parquet"
    keep_text: bool = True
    workers: int | None = None
    address: str | None = None
    resume: bool = False
    overwrite: bool = False


def run_batch(
    options: BatchOptions,
    note: Callable[[str], None] = lambda line: None,
    show: Show = lambda progress: None,
) -> Summary:
    """Score all inputs into the output folder, each row once, whatever an earlier run has done.

    note: is told, in a line, of what a person should know; show: of the progress.

    With several workers on the local engine, a script that calls this needs `if __name__ == "__main__":`, as
    multiprocessing says.

    Raises BatchError, OutputError, WorkerError, and what Bundle.open raises. What was scored until then stays, and
    `resume` goes on from there.
    """
    bundle = Bundle.open(options.model)
    manifest = bundle.manifest
    settings = Settings(
        model=manifest.model_name,
        model_hash=model_hash(manifest),
        unit=options.unit,
        minimum=default_minimum(options.unit) if options.minimum is None else options.minimum,
        columns=options.columns,
        format=options.format,
        keep_text=options.keep_text,
    )
    place = open_place(options.output)
    check_apart(place, [open_place(name) for name in options.inputs])
    sources = find_sources(options.inputs, note)
    for source in {source.kind: source for source in reversed(sources)}.values():  # the first of each kind
        check_columns(source, settings.columns)
    output = open_output(options.output, settings, options.resume, options.overwrite)
    try:
        keyed = key_sources(output, sources, settings.digest())
        output.writer.remove_summary()
        total = sum(source.size for source in sources)
        meter = Meter(show, total)
        work = Work(
            sources=tuple(keyed.items()),
            settings=settings,
            model=portable_name(bundle.path),
            workers=options.workers or usable_cores(),
            size=slice_size(total),
            note=note,
        )
        if options.engine == "ray":
            from escore_batch.on_ray import run_ray

            problems = run_ray(work, output, meter, options.workers, options.address)
        else:
            problems = run_local(work, output, meter)
        return finish(output.writer, settings, problems, meter, options.engine)
    finally:
        output.close()
