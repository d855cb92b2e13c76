# SPDX-License-Identifier: Apache-2.0
"""Signed approvals with real keys: forged, foreign and missing ones do not count. Source: DESIGN 11, DOMAIN I1."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from zhengban.approval.canonical import NAMESPACE
from zhengban.model.errors import InputError, Refused
from zhengban.papers.deciding import bytes_to_sign
from zhengban.run.requests import order_of
from zhengban.run.signatures import VARIABLE, find_signers, read_signature, sign
from zhengban.run.workspace import Workspace

from .form_office import (
    HEAD,
    IT,
    NOW,
    POLICY,
    TODAY,
    USER,
    approve,
    arm_plan,
    ask,
    carry_out,
    make_office,
    plan_request,
    state_of,
)
from .memory_host import MemoryHost

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
REQUIRED = POLICY.replace("signatures: optional", "signatures: required")


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A key for each person, all of them trusted but that of ``stranger``, in a file outside the workspace."""
    folder = tmp_path / "keys"
    folder.mkdir()
    trusted = []
    keys = {}
    for person in (HEAD, IT, USER, "stranger"):
        keys[person] = folder / person
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", str(keys[person])]
        subprocess.run(command, check=True)
        if person != "stranger":
            public = keys[person].with_suffix(".pub").read_text(encoding="utf-8")
            trusted.append(f'{person} namespaces="{NAMESPACE}" {public}')
    signers = tmp_path / "signers"
    signers.write_text("".join(trusted), encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(signers))
    return keys


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_office(tmp_path / "workspace", REQUIRED)


def signed_elsewhere(workspace: Workspace, identity: str, by: str, key: Path, *, namespace: str = NAMESPACE) -> str:
    data, _last = bytes_to_sign(workspace, identity, by=by, expires=None, now=NOW)
    return sign(data, key=key, namespace=namespace)


def test_signed_here_and_signed_elsewhere(workspace: Workspace, keys: dict[str, Path]) -> None:
    identity = ask(workspace)
    approve(workspace, identity, HEAD, key=keys[HEAD])
    approve(workspace, identity, IT, signature=signed_elsewhere(workspace, identity, IT, keys[IT]))
    assert state_of(workspace, identity).state == "approved"
    assert order_of(workspace, identity, "PC-0001", now=NOW).install == ("COM-2019",)
    assert workspace.ledger.verify() == ()


def test_what_is_signed(workspace: Workspace) -> None:
    identity = ask(workspace)
    data, last = bytes_to_sign(workspace, identity, by=HEAD, expires=None, now=NOW)
    assert last == TODAY + dt.timedelta(days=30)
    said = json.loads(data)
    assert data == json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert said.pop("application") == state_of(workspace, identity).application_hash
    assert said == {
        "format": "zhengban.approval/1",
        "id": identity,
        "computer": "PC-0001",
        "kind": "install",
        "software": {"before": None, "after": {"number": "COM-2019", "name": "WPS", "version": "2019"}},
        "role": "department",
        "approver": HEAD,
        "expires": "2026-12-23",
    }


def test_only_who_decides_gets_bytes_to_sign(workspace: Workspace) -> None:
    with pytest.raises(Refused, match="does not decide for the department"):
        bytes_to_sign(workspace, ask(workspace), by=IT, expires=None, now=NOW)


@pytest.mark.parametrize("signatures", ["required", "optional"])
@pytest.mark.parametrize("key", ["stranger", USER])
def test_wrong_signer(tmp_path: Path, keys: dict[str, Path], key: str, signatures: str) -> None:
    # Where signatures are optional, one that is there has to hold all the same.
    workspace = make_office(tmp_path / "office", POLICY.replace("signatures: optional", f"signatures: {signatures}"))
    identity = ask(workspace)
    with pytest.raises(Refused, match="its signature does not hold"):
        approve(workspace, identity, HEAD, signature=signed_elsewhere(workspace, identity, HEAD, keys[key]))
    assert state_of(workspace, identity).state == "applied"


def test_signature_over_another_request(workspace: Workspace, keys: dict[str, Path]) -> None:
    first, second = ask(workspace), ask(workspace, number="FREE-1")
    signature = signed_elsewhere(workspace, first, HEAD, keys[HEAD])
    with pytest.raises(Refused, match="its signature does not hold"):
        approve(workspace, second, HEAD, signature=signature)


def test_signature_over_another_day(workspace: Workspace, keys: dict[str, Path]) -> None:
    identity = ask(workspace)
    signature = signed_elsewhere(workspace, identity, HEAD, keys[HEAD])
    with pytest.raises(Refused, match="its signature does not hold"):
        approve(workspace, identity, HEAD, signature=signature, expires=TODAY)
    assert approve(workspace, identity, HEAD, signature=signature).state == "department_approved"


def test_signature_in_another_role(workspace: Workspace, keys: dict[str, Path]) -> None:
    identity = ask(workspace, applicant="E0012")
    signature = signed_elsewhere(workspace, identity, IT, keys[IT])
    other = ask(workspace)
    approve(workspace, other, HEAD, key=keys[HEAD])
    with pytest.raises(Refused, match="its signature does not hold"):
        approve(workspace, other, IT, signature=signature)


def test_signature_made_for_something_else(workspace: Workspace, keys: dict[str, Path], tmp_path: Path) -> None:
    # Even where the signers' file does not say what each key is for.
    signers = tmp_path / "signers"
    signers.write_text(signers.read_text(encoding="utf-8").replace(f' namespaces="{NAMESPACE}"', ""), encoding="utf-8")
    identity = ask(workspace)
    signature = signed_elsewhere(workspace, identity, HEAD, keys[HEAD], namespace="zhengban-seal")
    with pytest.raises(Refused, match="its signature does not hold"):
        approve(workspace, identity, HEAD, signature=signature)


def test_a_key_that_is_trusted_no_more(workspace: Workspace, keys: dict[str, Path], tmp_path: Path) -> None:
    identity = ask(workspace)
    approve(workspace, identity, HEAD, key=keys[HEAD])
    approve(workspace, identity, IT, key=keys[IT])
    signers = tmp_path / "signers"
    lines = signers.read_text(encoding="utf-8").splitlines(keepends=True)
    signers.write_text("".join(line for line in lines if not line.startswith(IT)), encoding="utf-8")
    assert state_of(workspace, identity).state == "department_approved"
    with pytest.raises(Refused, match="is not approved, it is department_approved"):
        order_of(workspace, identity, "PC-0001", now=NOW)


def test_a_key_that_is_trusted_no_more_when_the_change_is_made(
    workspace: Workspace, keys: dict[str, Path], tmp_path: Path
) -> None:
    host = MemoryHost(offers={"wps-2019": "11"})
    identity = ask(workspace)
    approve(workspace, identity, HEAD, key=keys[HEAD])
    approve(workspace, identity, IT, key=keys[IT])
    plan = plan_request(workspace, identity, host)
    arm_plan(workspace, plan)
    (tmp_path / "signers").write_text("", encoding="utf-8")
    with pytest.raises(Refused, match="its signature does not hold"):
        carry_out(workspace, plan, host)
    assert "apply" not in host.questions()


def test_without_a_file_of_signers(workspace: Workspace, keys: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "signers").unlink()
    with pytest.raises(Refused, match=r"there is no file of trusted signers .* name another in \$ZHENGBAN_SIGNERS"):
        approve(workspace, ask(workspace), HEAD, key=keys[HEAD])


def test_signers_in_the_workspace_are_not_trusted(
    workspace: Workspace, keys: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = workspace.root / "policies" / "signers"
    shutil.copy(tmp_path / "signers", inside)
    monkeypatch.setenv(VARIABLE, str(inside))
    with pytest.raises(Refused, match="have to lie outside the workspace"):
        approve(workspace, ask(workspace), HEAD, key=keys[HEAD])
    # A link from elsewhere leads there all the same.
    (tmp_path / "link").symlink_to(inside)
    with pytest.raises(Refused, match="have to lie outside the workspace"):
        find_signers(workspace.root, {VARIABLE: str(tmp_path / "link")})


def test_default_signers(tmp_path: Path) -> None:
    assert find_signers(tmp_path, {}) == Path("/etc/zhengban/signers")


def test_a_key_that_cannot_sign(workspace: Workspace, keys: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing was signed"):
        approve(workspace, ask(workspace), HEAD, key=tmp_path / "missing")


def test_no_ssh_keygen(workspace: Workspace, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    identity = ask(workspace)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Refused, match="ssh-keygen is not installed"):
        approve(workspace, identity, HEAD, key=keys[HEAD])


def test_a_file_that_is_no_signature(tmp_path: Path) -> None:
    path = tmp_path / "approval.json.sig"
    with pytest.raises(InputError, match="cannot be read"):
        read_signature(path)
    path.write_bytes(b"\xffno")
    with pytest.raises(InputError, match="holds no SSH signature"):
        read_signature(path)
