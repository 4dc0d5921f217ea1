"""The wheel carries everything and works from any directory."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import urllib.request
from pathlib import Path

from server import places


def test_the_wheel_serves_the_demonstration_from_another_directory(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(places.CHECKOUT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    venv, home = tmp_path / "venv", tmp_path / "elsewhere"
    home.mkdir()
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    install = [str(venv / "bin/pip"), "--quiet", "--disable-pip-version-check", "install", "--no-index", "--no-deps"]
    subprocess.run([*install, str(wheel)], check=True)
    [packages] = (venv / "lib").glob("python3*/site-packages")
    (packages / "pinned.pth").write_text(sysconfig.get_path("purelib") + "\n")  # what the lock file pins
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    command = [
        str(venv / "bin/baraza"),
        "demo",
        "--port",
        "0",
        "--data",
        str(home / "data"),
        "--accounts-json",
        "a.json",
    ]
    with subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = next(
                found.group(0) for line in process.stdout if (found := re.search(r"http://localhost:\d+", line))
            )
            for path in ("/", "/spaces", "/s/questions?lang=ar", "/policies/privacy", "/sign-in"):
                with urllib.request.urlopen(address + path, timeout=10) as answer:
                    assert answer.status == 200
            assert {entry["role"] for entry in json.loads((home / "a.json").read_text())} >= {
                "member",
                "moderator",
                "steward",
            }
        finally:
            process.terminate()
