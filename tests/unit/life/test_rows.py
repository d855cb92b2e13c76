# SPDX-License-Identifier: Apache-2.0
"""``computers.yml`` edited row by row is the file edited whole, however people have written it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.workspace import make_workspace
from zhengban.documents.edit import set_value
from zhengban.ledger.edits import apply_edits
from zhengban.life.rows import COMPUTERS_FILE, ComputerRows
from zhengban.model.facts import Identity
from zhengban.run.workspace import Workspace

BLOCK = """\
# The office's computers.
computers:
  - number: PC-0001   # the first
    kind: desktop
    # Known by its board.
    identity:
      serial_number: ""
      machine_id: ""
  # The second.
  - {number: PC-0002, kind: laptop}

  - number: PC-0003
    kind: desktop
# The end.
"""
ONE_LINE = (
    "computers: [{number: PC-0001, kind: desktop}, {number: PC-0002, kind: laptop}, {number: PC-0003, kind: server}]\n"
)
ALIAS = """\
computers:
- {number: PC-0001, kind: &kind desktop}
- {number: PC-0002, kind: *kind}
-
  number: PC-0003
  kind: *kind
"""
TEXTS = {
    "block": BLOCK,
    "crlf": BLOCK.replace("\n", "\r\n"),
    "mark": "\ufeff" + BLOCK,
    "line": ONE_LINE,
    "alias": ALIAS,
}


@pytest.mark.parametrize("name", TEXTS)
def test_it_is_the_file_edited_whole(tmp_path: Path, name: str) -> None:
    root = make_workspace(tmp_path / "workspace").root
    (root / COMPUTERS_FILE).write_bytes(TEXTS[name].encode())
    rows, whole = ComputerRows.read(Workspace(root)), TEXTS[name]
    assert rows.text == whole
    for number, index in (("PC-0003", 2), ("PC-0001", 0), ("PC-0002", 1)):
        identity = {"serial_number": "", "machine_id": f"{index}e5"}
        before, rows = rows, rows.with_identity(number, Identity(**identity))
        whole = set_value(whole, ("computers", index, "identity"), identity)
        assert rows.text == whole
        apply_edits(root, before.edits_to(rows))
    assert (root / COMPUTERS_FILE).read_bytes() == whole.encode()
    assert rows.edits_to(rows) == ()
    known = Workspace(root).register.computer_by_number
    assert [known[f"PC-000{at + 1}"].identity.machine_id for at in range(3)] == ["0e5", "1e5", "2e5"]
