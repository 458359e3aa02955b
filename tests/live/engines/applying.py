"""Applies one workload and waits to be killed: `applying.py DATA RUN SCRIPT`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from lading.engines.embedded import Embedded
from lading.engines.engine import Workload
from tests import busybox

if __name__ == "__main__":
    data, run, script = sys.argv[1:]
    engine = Embedded(busybox.store_with(busybox.image()), Path(data), Path(run))
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    command = ("/bin/sh", "-c", script)
    engine.apply(Workload("probe", busybox.image().digest, command, grace_seconds=0.2))
    sys.stdout.write("applied\n")
    sys.stdout.flush()
    time.sleep(600)
