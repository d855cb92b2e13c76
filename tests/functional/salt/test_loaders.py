# SPDX-License-Identifier: Apache-2.0
"""What Salt finds: from the installed distribution, and from a file root that minions have synced."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from zhengban.cli.main import app

MODULE = {"zhengban.software_info", "zhengban.simulate", "zhengban.apply", "zhengban.settle"}
MODULE |= {"zhengban.guard", "zhengban.keep_guard"}
RUNNER = {f"zhengban.{name}" for name in ("audit", "enforce", "deploy", "maintain", "guard", "recover", "report")}

# In a process of its own: Salt's modules change the interpreter they are loaded into.
LOAD = """
import json, sys
import salt.config, salt.loader
minion, master = (dict(read(sys.argv[1])) for read in (salt.config.minion_config, salt.config.master_config))
functions = salt.loader.minion_mods(minion)
found = {
    "modules": functions,
    "states": salt.loader.states(minion, functions, {}, {}),
    "beacons": salt.loader.beacons(minion, functions),
    "runners": salt.loader.runner(master),
    "engines": salt.loader.engines(master, functions, {}, {}),
}
ours = {
    kind: {name: loaded[name].__doc__ for name in list(loaded) if name.startswith("zhengban.")}
    for kind, loaded in found.items()
}
print("\\n" + json.dumps(ours))
"""


def test_the_distribution_brings_what_minion_and_master_load(tmp_path: Path) -> None:
    file = tmp_path / "salt"
    file.write_text(f"root_dir: {tmp_path / 'root'}\nid: pc\nuser: root\nfile_client: local\n", encoding="utf-8")
    found = subprocess.run([sys.executable, "-c", LOAD, str(file)], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    loaded: dict[str, dict[str, Any]] = json.loads(found.stdout.splitlines()[-1])
    assert loaded["modules"].keys() == MODULE
    assert loaded["runners"].keys() == RUNNER
    assert loaded["states"].keys() == {"zhengban.guarded"}
    assert loaded["engines"].keys() == {"zhengban.start"}
    assert loaded["beacons"].keys() == {"zhengban.beacon", "zhengban.validate", "zhengban.look"}
    for name, text in (loaded["modules"] | loaded["runners"]).items():
        assert "CLI Example:" in text, name


def install(root: Path) -> str:
    result = CliRunner().invoke(app, ["salt", "install", "--file-root", str(root)])
    assert result.exit_code == 0, result.output
    return result.output


SYNCED = """
import sys
sys.path.insert(0, sys.argv[2])
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
import importlib.util
for kind in ("modules", "beacons", "states"):
    spec = importlib.util.spec_from_file_location("loaded_" + kind, sys.argv[1] + "/" + kind + "/zhengban.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    print(module.facts.__name__ if kind != "states" else module.guarded.__name__)
"""


def test_a_file_root_is_enough_for_a_minion_without_our_distribution(tmp_path: Path) -> None:
    install(tmp_path)
    for kind in ("modules", "beacons", "states", "utils"):
        shutil.copytree(tmp_path / f"_{kind}", tmp_path / "extmods" / kind)
    packages = Path(str(find_spec("salt").origin)).parents[1]  # type: ignore[union-attr]
    found = subprocess.run(
        [sys.executable, "-S", "-c", SYNCED, str(tmp_path / "extmods"), str(packages)],
        capture_output=True,
        text=True,
    )
    assert (found.stdout.split(), found.stderr) == (["zhengban_host.facts"] * 2 + ["guarded"], "")


def test_installing_again_writes_only_what_differs(tmp_path: Path) -> None:
    first = install(tmp_path)
    assert first.count("wrote ") > 15
    assert "wrote" not in install(tmp_path)
    (tmp_path / "_modules" / "zhengban.py").write_text("old\n", encoding="utf-8")
    stale = tmp_path / "_utils" / "zhengban_host" / "gone.py"
    stale.write_text("old\n", encoding="utf-8")
    again = install(tmp_path)
    assert again.count("wrote ") == 1
    assert f"removed {stale}" in again
    assert not stale.exists()


def test_a_file_root_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["salt", "install", "--file-root", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    assert "nowhere: is not a directory" in result.output
    assert list(tmp_path.iterdir()) == []
