"""The main job, start to end: `make demo`. Every step is a command that can be typed as well."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "examples" / "digits"
LADING = ROOT / ".venv" / "bin" / "lading"
SERVICE = "digits"


def main() -> None:
    keep = os.environ.get("KEEP") == "1"
    try:
        step("Lock every Debian package and wheel to a version and a hash", "lock")
        step("Train the model in a container with the service's own environment", "run", "train")
        step("Assemble the image from the lock, running nothing of it", "build")
        step("Start it: container, gateway, controller", "up", "-d")
        predict()
        tell()
    finally:
        if not keep:
            step("Stop it (KEEP=1 make demo leaves it running)", "down")
    how_to_go_on(keep)


def step(title: str, *arguments: str) -> None:
    """Run a command of Lading in the app's folder; the demo ends with it if it fails."""
    print(f"\n── {title}\n   $ lading {shlex.join(arguments)}", flush=True)
    begun = time.monotonic()
    done = subprocess.run([LADING, *arguments], cwd=APP, check=False)
    if done.returncode:
        sys.exit(f"demo: `lading {shlex.join(arguments)}` failed")
    print(f"   ({time.monotonic() - begun:.1f} s)", flush=True)


def read(*arguments: str) -> Any:
    """What a command prints as JSON."""
    output = subprocess.run(
        [LADING, *arguments, "--json"], cwd=APP, check=True, capture_output=True, text=True
    )
    return json.loads(output.stdout)


def predict() -> None:
    gateway = read("ps")["gateway"]
    url = f"http://{gateway['host']}:{gateway['port']}/{SERVICE}/predict"
    print(f"\n── Three held-out pictures through the gateway: POST {url}", flush=True)
    with httpx.Client(trust_env=False, timeout=30) as client:
        for picture in sorted((APP / "images").glob("*.png")):
            begun = time.perf_counter()
            answer = client.post(url, files={"image": (picture.name, picture.read_bytes())})
            milliseconds = (time.perf_counter() - begun) * 1000
            answer.raise_for_status()
            said = answer.json()
            print(
                f"   {picture.name}: digit {said['digit']}, "
                f"confidence {said['confidence']:.3f}, {milliseconds:.1f} ms"
            )


def tell() -> None:
    (image,) = read("build")
    status = read("ps")
    mebibytes = image["size"] / 1024**2
    print("\n── What there is now")
    print(f"   image    {image['digest']}")
    print(f"            {mebibytes:.1f} MiB stored, {len(image['layers'])} layers")
    for service in status["services"]:
        for replica in service["replicas"]:
            memory = replica["memory_bytes"]
            used = f"{memory / 1024**2:.0f} MiB in use" if memory else "memory not measured"
            print(
                f"   replica  {replica['name']}: {replica['state']}, "
                f"process {replica['pid']}, {used}"
            )
    print(f"   gateway  Envoy, process {status['gateway']['pid']}")
    print(f"   controller  process {status['pid']}")


def how_to_go_on(running: bool) -> None:
    picture = next((APP / "images").glob("*.png")).relative_to(APP)
    print("\n── How to go on")
    print(f"   cd {APP.relative_to(ROOT)} && export PATH={LADING.parent}:$PATH")
    if not running:
        print("   lading up -d")
    print(f"   lading predict {SERVICE} -i image=@{picture}")
    print("   lading ps")
    print("   lading logs")
    print("   lading down")
    print("   cat lading.yaml service/*.py      # all there is to write")


if __name__ == "__main__":
    main()
