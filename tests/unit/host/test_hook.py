# SPDX-License-Identifier: Apache-2.0
"""apt's hook: the lines apt writes (recorded from apt 2.6.1, protocol 3) against the plan."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from zhengban.host import hook

HEAD = "VERSION 3\nAPT::Architecture=amd64\nCommandLine::AsString=apt-get%20install\n\n"
BODY = """\
unlisted 1.0 all none > - - none **REMOVE**
newdep - - none < 1.0 amd64 none /srv/repo/./newdep_1.0_amd64.deb
tool 1.0 all none < 2.0 all none /srv/with a blank/tool_2.0_all.deb
newdep - - none < 1.0 amd64 none **CONFIGURE**
tool 1.0 all none < 2.0 all none **CONFIGURE**
"""
PLANNED = [
    ["install", "newdep", "amd64", "", "1.0"],
    ["remove", "unlisted", "all", "1.0", ""],
    ["upgrade", "tool", "all", "1.0", "2.0"],
]


def judge(folder: Path, text: str, planned: list[list[str]] = PLANNED) -> tuple[int, str]:
    """Exit code and the difference written down."""
    (folder / "plan").write_text(json.dumps(planned))
    code = hook.main([str(folder / "plan"), str(folder / "verdict")], io.BytesIO(text.encode()))
    return code, json.loads((folder / "verdict").read_text())["difference"]


def test_the_planned_transaction_passes(tmp_path: Path) -> None:
    assert judge(tmp_path, HEAD + BODY) == (0, "")


@pytest.mark.parametrize(
    ("text", "difference"),
    [
        (HEAD + BODY + "extra - - none < 6.6 all none /x.deb\n", "not planned: install extra:all 6.6"),
        (HEAD + BODY + "libc6 2.36 amd64 same > - - none **REMOVE**\n", "not planned: remove libc6:amd64 2.36"),
        (
            HEAD + BODY.replace("< 2.0", "< 2.1"),
            "not planned: upgrade tool:all 1.0 to 2.1; planned and missing: upgrade tool:all 1.0 to 2.0",
        ),
        (HEAD + BODY.split("\n", 1)[1], "planned and missing: remove unlisted:all 1.0"),
        ("VERSION 2\n\nfoo", "apt did not speak version 3 of its protocol"),
        ("", "apt did not speak version 3 of its protocol"),
        (HEAD + "short line\n", "apt's line 'short line' has not nine fields"),
    ],
)
def test_anything_else_stops_apt(tmp_path: Path, text: str, difference: str) -> None:
    assert judge(tmp_path, text) == (1, difference)


def test_a_long_difference_names_ten(tmp_path: Path) -> None:
    body = "".join(f"p{n:02} - - none < 1 all none /x\n" for n in range(13))
    _code, difference = judge(tmp_path, HEAD + body, [])
    assert difference.endswith("install p09:all 1, and 3 more")


def test_it_runs_on_its_own(tmp_path: Path) -> None:
    """apt starts the file by itself: without the package around it and without the user's site."""
    (tmp_path / "plan").write_text(json.dumps(PLANNED))
    script = tmp_path / "check"
    script.write_text(Path(hook.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    for text, code in ((HEAD + BODY, 0), (HEAD, 1)):
        command = [sys.executable, "-I", str(script), str(tmp_path / "plan"), str(tmp_path / "verdict")]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        assert done.returncode == code
        assert ("is not the plan" in done.stderr) is bool(code)
