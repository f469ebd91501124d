"""A bundle and labeled text to figures, calibration and a report; a machine to timings and a diagnosis."""
