"""Which threads of runs there are."""

import contextlib
import time
from pathlib import Path


def threads_of_runs() -> list[str]:
    names = []
    for task in Path("/proc/self/task").iterdir():
        # A thread may end between being listed and being asked for its name.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            names.append((task / "comm").read_text().strip())
    return [name for name in names if name.startswith("meter-")]


def all_runs_end() -> bool:
    deadline = time.monotonic() + 120
    while threads_of_runs() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not threads_of_runs()
