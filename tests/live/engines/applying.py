"""Applies one workload and waits to be killed: `applying.py DATA RUN SCRIPT [PORT]`."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from lading.engines.embedded import Embedded
from lading.engines.engine import Workload
from tests import busybox

if __name__ == "__main__":
    data, run, script, *port = sys.argv[1:]
    engine = Embedded(busybox.store_with(busybox.image()), Path(data), Path(run))
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    command = ("/bin/sh", "-c", script)
    wanted = Workload("probe", busybox.image().digest, command, grace_seconds=0.2)
    engine.apply(replace(wanted, port=int(port[0])) if port else wanted)
    sys.stdout.write("applied\n")
    sys.stdout.flush()
    time.sleep(600)
