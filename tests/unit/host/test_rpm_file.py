# SPDX-License-Identifier: Apache-2.0
"""The throw-away rpm packages, read and checked by rpm itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

from zhengban.host.command import run_command
from zhengban.host.rpm import read_files
from zhengban.host.rpm_file import build_rpm


def test_rpm_reads_what_was_built(tmp_path: Path) -> None:
    paths = [
        build_rpm(str(tmp_path), "first", "1.0-1", "noarch"),
        build_rpm(str(tmp_path), "second", "2:1.0~rc1-3.lab", "x86_64", obsoletes=("one", "two")),
    ]
    rows = [(row.name, row.version, row.arch, row.signer) for row in read_files(paths, run_command)]
    assert rows == [("first", "1.0-1", "noarch", None), ("second", "2:1.0~rc1-3.lab", "x86_64", None)]
    for path in paths:
        checked = subprocess.run(["rpm", "--checksig", path], capture_output=True, text=True)
        assert checked.stdout.strip() == f"{path}: digests OK"
    done = subprocess.run(["rpm", "-qp", "--obsoletes", paths[1]], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["one", "two"]
