"""A float graph to 8 bits: calibration, SmoothQuant, GPTQ."""
