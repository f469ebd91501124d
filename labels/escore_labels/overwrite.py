"""Files of records that a person has worked on are not replaced by what a model says."""

from pathlib import Path

from escore import OutputError
from escore_labels.inputs import STANDARD_INPUT
from escore_labels.record import RecordError, json_lines, parse_record


def check_unreviewed(path: Path) -> None:
    """Raise OutputError for a file of records in which a person said anything. Other lines are skipped."""
    for place, line in json_lines(path) if path != STANDARD_INPUT and path.is_file() else ():
        try:
            record = parse_record(line, place)
        except RecordError:
            continue
        if record.reviewed or any(span.by_person for span in record.spans):
            raise OutputError(f"{place}: a person has labeled this text", "give another file, or --force to replace it")
