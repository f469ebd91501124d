"""JSON of the annotation tools Prodigy, doccano and Label Studio."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from escore_labels.extras import KEY, record_extras, span_extras, text_extras
from escore_labels.record import Record, Span
from escore_labels.tag_map import tag_of
from escore_labels.utf16 import utf16_offsets
from escore_labels.writers.sink import Sink


def write_prodigy(sink: Sink, records: Iterable[Record]) -> None:
    """A task a line; a reviewed one is accepted, another has no answer yet."""
    with sink.open() as file:
        for record in records:
            spans = [
                {"start": span.start, "end": span.end, "label": tag_of(span)} | span_extras(span)
                for span in record.spans
            ]
            answer = {"answer": "accept"} if record.reviewed else {}
            meta = {"id": record.id} if record.id else {}
            task = {"text": record.text, "spans": spans, "meta": meta} | answer | record_extras(record)
            file.write(_json(task) + "\n")


def write_doccano(sink: Sink, records: Iterable[Record]) -> None:
    """A text a line, with `label` a list of [start, end, tag]."""
    with sink.open() as file:
        for record in records:
            labels = [[span.start, span.end, tag_of(span)] for span in record.spans]
            reviewed = record.reviewed if record.reviewed != bool(labels) else None
            file.write(_json({"text": record.text, "label": labels} | text_extras(record, reviewed)) + "\n")


def write_label_studio(sink: Sink, records: Iterable[Record]) -> None:
    """Tasks to import: a reviewed text has an annotation, another a prediction to start from."""
    with sink.open() as file:
        before = "[\n"
        for record in records:
            offsets = utf16_offsets(record.text)
            regions = [_region(record.text, offsets, number, span) for number, span in enumerate(record.spans)]
            task: dict[str, Any] = {"data": {"text": record.text} | record_extras(record)}
            if record.reviewed:
                task["annotations"] = [{"result": regions}]
            elif regions:
                versions = {span.model for span in record.spans if span.model is not None}
                version = {"model_version": versions.pop()} if len(versions) == 1 else {}
                task["predictions"] = [{"result": regions} | version]
            file.write(before + _json(task))
            before = ",\n"
        file.write("\n]\n" if before == ",\n" else "[]\n")


def _region(text: str, offsets: Sequence[int], number: int, span: Span) -> dict[str, Any]:
    region: dict[str, Any] = {
        "id": f"span{number}",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": {
            "start": offsets[span.start],
            "end": offsets[span.end],
            "text": text[span.start : span.end],
            "labels": [tag_of(span)],
        },
        "meta": {KEY: {}} | span_extras(span),
    }
    return region if span.probability is None else region | {"score": span.probability}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
