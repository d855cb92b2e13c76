# SPDX-License-Identifier: Apache-2.0
"""A ledger on a network or user-space file system is refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.ledger.examples import NOW
from zhengban.ledger import Ledger
from zhengban.ledger import ledger as ledger_module
from zhengban.ledger.mounts import read_mountinfo, refuse_remote
from zhengban.model.errors import LedgerError

MOUNTS = r"""27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:40 / /home rw,relatime shared:1 - nfs4 server:/home rw
41 40 254:1 / /home/local rw - xfs /dev/vdb rw
42 27 0:42 / /mnt/win rw master:2 propagate_from:1 - cifs //server/share rw
43 27 0:43 / /mnt/with\040blank rw - fuse.sshfs server: rw
44 27 0:44 / /mnt/over rw - ext4 /dev/vdc rw
45 44 0:45 / /mnt/over rw - nfs server:/over rw
46 27 0:46 / /homeless rw - btrfs /dev/vdd rw
damaged line
"""


@pytest.mark.parametrize("path", ["/srv/w", "/home/local/w", "/homeless/w", "/mnt"])
def test_local_is_accepted(path: str) -> None:
    refuse_remote(Path(path), MOUNTS)


@pytest.mark.parametrize(
    ("path", "kind", "place"),
    [
        ("/home/u/w", "nfs4", "/home"),
        ("/mnt/win/w", "cifs", "/mnt/win"),
        ("/mnt/with blank/w", "fuse.sshfs", "/mnt/with blank"),
        ("/mnt/over", "nfs", "/mnt/over"),
    ],
)
def test_remote_is_refused(path: str, kind: str, place: str) -> None:
    with pytest.raises(LedgerError) as caught:
        refuse_remote(Path(path), MOUNTS)
    assert f"cannot be kept on {kind} (mounted at {place})" in str(caught.value)


def test_mountinfo_of_this_machine_is_read() -> None:
    assert " / / " in read_mountinfo()


def test_ledger_there_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "read_mountinfo", lambda: "1 0 0:1 / / rw - nfs4 server:/ rw")
    ledger = Ledger(tmp_path / "ledger")
    with pytest.raises(LedgerError, match="nfs4"):
        ledger.append_events([("notice", "", "", {})], at=NOW)
    with pytest.raises(LedgerError, match="nfs4"), ledger.lock_computer("PC-0007"):
        pass
    assert list(tmp_path.iterdir()) == []
