"""Run a command and say, as JSON, how long it took and the most memory that it ever held.

    python -I -S benchmarks/observe.py COMMAND...

A process of its own, and a small one: on Linux the peak of a child begins at the memory of the process that starts it,
so one that has numpy loaded would not see a smaller peak than its own.
"""

import json
import resource
import subprocess
import sys
import time

begun = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False).returncode
seconds = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"code": code, "seconds": seconds, "peak": peak}))
