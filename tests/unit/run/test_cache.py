# SPDX-License-Identifier: Apache-2.0
"""Caches are written by any number of runs at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from zhengban.run.workspace import write_cache


def test_many_runs_keep_the_facts_of_one_computer(tmp_path: Path) -> None:
    """A burst of events made two runs look at one computer, and one failed: its temporary file was gone."""
    path = tmp_path / "facts" / "PC-0001.json"
    contents = [bytes([ord("a") + number]) * 5000 for number in range(8)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        for written in [pool.submit(write_cache, path, content) for content in contents * 10]:
            written.result()
    assert path.read_bytes() in contents
    assert [file.name for file in path.parent.iterdir() if file.suffix == ".tmp"] == []
