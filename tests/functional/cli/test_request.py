# SPDX-License-Identifier: Apache-2.0
"""``zhengban request`` on the example office: form 10 from the command line. Source: DOMAIN I1; DESIGN 9, 11."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
NEW = ("request", "new", "--computer", "PC-0002", "--applicant", "E0007", "--reason", "写报告")


@pytest.fixture
def request_id(invoke: Invoke) -> str:
    """A request that E0007 of the finance department, whose head is E0003, has applied for."""
    result = invoke(*NEW, "--install", "COM-0001", "--format", "json")
    assert result.exit_code == 0, result.stderr
    filed = json.loads(result.stdout)
    assert filed["is_new"] is True
    return str(filed["id"])


def test_new_approve_and_show(invoke: Invoke, request_id: str) -> None:
    result = invoke("request", "approve", request_id, "--by", "E0003")
    assert (result.exit_code, result.stdout) == (0, f"{request_id}: department_approved\n")
    result = invoke(
        "request", "approve", request_id, "--by", "E0002", "--evidence", "OA-2026-77", "--recorded-by", "E0006"
    )
    assert (result.exit_code, result.stdout[: len(request_id) + 22]) == (0, f"{request_id}: approved, good until")
    text = invoke("request", "show", request_id).stdout
    assert "asks for: install COM-0001 WPS Office 2019" in text
    assert "approved for IT: E0002 on " in text
    assert "citing OA-2026-77, recorded by E0006" in text
    shown = json.loads(invoke("request", "show", request_id, "--format", "json").stdout)
    assert (shown["state"], shown["application"]["applicant_name"]) == ("approved", "张三")
    assert [item["entry"]["role"] for item in shown["decisions"]] == ["department", "it"]
    assert invoke("ledger", "verify").exit_code == 0


def test_list_by_state(invoke: Invoke, request_id: str) -> None:
    listed = json.loads(invoke("request", "list", "--state", "applied", "--format", "json").stdout)
    assert [item["id"] for item in listed] == [request_id]
    assert invoke("request", "list", "--state", "approved").stdout == "no requests\n"
    assert "install COM-0001 WPS Office 2019" in invoke("request", "list").stdout
    assert invoke("request", "list", "--state", "aproved").exit_code == 2


def test_the_list_says_what_counts_no_more(invoke: Invoke, request_id: str) -> None:
    """It said "approved" of a request that no run may use, because its computer is another person's now."""
    for person in ("E0003", "E0002"):
        assert invoke("request", "approve", request_id, "--by", person).exit_code == 0
    assert f"{request_id}  approved  20" in invoke("request", "list").stdout
    assert invoke("computer", "assign", "PC-0002", "--user", "E0008").exit_code == 0
    assert f"{request_id}  approved, counts no more  20" in invoke("request", "list", "--state", "approved").stdout
    assert invoke("request", "withdraw", request_id, "--by", "E0007").exit_code == 0
    assert f"{request_id}  withdrawn " in invoke("request", "list").stdout


def test_an_approval_that_does_not_count_is_refused(invoke: Invoke, request_id: str) -> None:
    result = invoke("request", "approve", request_id, "--by", "E0007")
    assert result.exit_code == 3
    assert result.stderr == f"{request_id}: E0007 张三 is the applicant: nobody decides about their own request\n"


def test_reject_and_withdraw(invoke: Invoke, request_id: str) -> None:
    result = invoke("request", "reject", request_id, "--by", "E0003", "--reason", "不需要")
    assert (result.exit_code, result.stdout) == (0, f"{request_id}: rejected\n")
    assert invoke("request", "withdraw", request_id, "--by", "E0007").exit_code == 3
    second = json.loads(invoke(*NEW, "--remove", "COM-0001", "--format", "json").stdout)["id"]
    assert invoke("request", "withdraw", second, "--by", "E0007").stdout == f"{second}: withdrawn\n"


def test_one_change_is_asked_for(invoke: Invoke) -> None:
    for options in ((), ("--install", "COM-0001", "--remove", "FREE-0002")):
        result = invoke(*NEW, *options)
        assert result.exit_code == 2
        assert "name one of --install, --remove and --upgrade" in " ".join(result.stderr.replace("│", " ").split())


def test_wrong_names_are_all_reported(invoke: Invoke) -> None:
    result = invoke(
        "request", "new", "--computer", "PC-002", "--applicant", "E0009", "--reason", "x", "--install", "COM-001"
    )
    assert result.exit_code == 2
    assert "no computer has the number or the Ansible name 'PC-002'; did you mean 'PC-0002'?" in result.stderr
    assert "E0009 孙晓东 left on 2026-08-31" in result.stderr
    assert "no software has the number 'COM-001'; did you mean 'COM-0001'?" in result.stderr


def test_unknown_request(invoke: Invoke, request_id: str) -> None:
    for command in (("show",), ("approve", "--by", "E0003"), ("bytes", "--by", "E0003")):
        result = invoke("request", command[0], f"{request_id}x", *command[1:])
        assert result.exit_code == 2
        assert f"there is no request '{request_id}x'; did you mean '{request_id}'?" in result.stderr


FILE = """\
requests:
- {computer: PC-0002, kind: install, number: COM-0001, applicant: E0007, reason: 写报告}
- {computer: pc-0003, kind: remove, number: FREE-0003, applicant: E0008, reason: 不用了}
"""


@pytest.mark.parametrize("suffix", ["yml", "json"])
def test_import(invoke: Invoke, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"requests.{suffix}"
    items = [
        {"computer": "PC-0002", "kind": "install", "number": "COM-0001", "applicant": "E0007", "reason": "写报告"},
        {"computer": "pc-0003", "kind": "remove", "number": "FREE-0003", "applicant": "E0008", "reason": "不用了"},
    ]
    file.write_text(FILE if suffix == "yml" else json.dumps({"requests": items}, indent=1), encoding="utf-8")
    filed = json.loads(invoke("request", "import", str(file), "--format", "json").stdout)
    assert [item["is_new"] for item in filed] == [True, True]
    # Again, after a crash or by mistake: nothing is asked for twice.
    again = json.loads(invoke("request", "import", str(file), "--format", "json").stdout)
    assert again == [{"id": item["id"], "is_new": False} for item in filed]


def test_import_of_something_wrong_writes_nothing(invoke: Invoke, tmp_path: Path, root: Path) -> None:
    file = tmp_path / "requests.yml"
    file.write_text(FILE.replace("FREE-0003", "FREE-9999"), encoding="utf-8")
    result = invoke("request", "import", str(file))
    assert result.exit_code == 2
    assert f"{file}:3:0: requests[1].remove: no software has the number 'FREE-9999'" in result.stderr
    file.write_text(FILE.replace("kind: remove", "kind: delete"), encoding="utf-8")
    result = invoke("request", "import", str(file))
    assert result.exit_code == 2
    assert "requests[1].kind" in result.stderr
    assert not (root / "ledger" / "requests").exists()


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_signed_on_another_machine(
    invoke: Invoke, request_id: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = root / "policies" / "baseline.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text.rstrip()}\n  approvals: {{signatures: required}}\n", encoding="utf-8")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"E0003 {key.with_suffix('.pub').read_text(encoding='utf-8')}", encoding="utf-8")
    monkeypatch.setenv("ZHENGBAN_SIGNERS", str(signers))

    assert invoke("request", "approve", request_id, "--by", "E0003").exit_code == 3

    data = tmp_path / "approval.json"
    result = invoke("request", "bytes", request_id, "--by", "E0003", "--output", str(data))
    assert result.exit_code == 0
    day = result.stderr.split()[-1]
    assert json.loads(data.read_bytes())["expires"] == day
    assert invoke("request", "bytes", request_id, "--by", "E0003").stdout_bytes == data.read_bytes()
    # What the help says.
    sign = ["ssh-keygen", "-Y", "sign", "-q", "-f", str(key), "-n", "zhengban-approval", str(data)]
    subprocess.run(sign, check=True)
    approve = ("request", "approve", request_id, "--by", "E0003", "--expires", day, "--signature", f"{data}.sig")
    assert invoke(*approve, "--sign", str(key)).exit_code == 2
    result = invoke(*approve)
    assert (result.exit_code, result.stdout) == (0, f"{request_id}: department_approved\n")
    assert "signed" in invoke("request", "show", request_id).stdout


def test_a_damaged_request_stops_only_itself(invoke: Invoke, root: Path, request_id: str) -> None:
    path = root / "ledger" / "requests" / f"{request_id}.yml"
    path.write_bytes(path.read_bytes() + b"- {damaged\n")
    result = invoke(
        "request", "new", "--computer", "PC-0001", "--applicant", "E0007", "--reason", "x", "--install", "COM-0001"
    )
    assert result.exit_code == 1
    new = result.stdout.split(":")[0]
    assert result.stdout == f"{new}: applied\n" and f"{request_id}.yml:4:" in result.stderr
    listed = invoke("request", "list", "--format", "json")
    assert listed.exit_code == 1 and f"{request_id}.yml:4:" in listed.stderr
    assert new in [item["id"] for item in json.loads(listed.stdout)]
    assert invoke("request", "approve", new, "--by", "E0003").exit_code == 0
    assert invoke("request", "show", request_id).exit_code == 2


def test_a_number_is_never_given_twice(invoke: Invoke, root: Path, request_id: str) -> None:
    (root / "ledger" / "requests" / f"{request_id}.yml").unlink()
    result = invoke(*NEW, "--install", "COM-0001")
    assert result.exit_code == 1
    assert result.stdout == f"{request_id[:-1]}2: applied\n"
    assert result.stderr.startswith(f"{request_id}: its file ledger/requests/{request_id}.yml is missing")


@pytest.mark.parametrize("left", ["", 'request: "{0}"\nentries:\n'], ids=["empty", "header"])
def test_an_emptied_request_is_named(invoke: Invoke, root: Path, request_id: str, left: str) -> None:
    """It was in no list, and nothing was said of it."""
    (root / "ledger" / "requests" / f"{request_id}.yml").write_text(left.format(request_id), encoding="utf-8")
    said = f"ledger/requests/{request_id}.yml: nothing is left in the file; see: zhengban ledger verify\n"
    listed = invoke("request", "list")
    assert (listed.exit_code, listed.stdout, listed.stderr) == (1, "no requests\n", said)
    shown = invoke("request", "show", request_id)
    assert (shown.exit_code, shown.stdout, shown.stderr) == (2, "", said)


@pytest.mark.parametrize("left", [b"", b"request: ", None], ids=["empty", "header cut", "line cut"])
@pytest.mark.parametrize("mending", ["new", "recover"])
def test_what_a_full_disk_left_is_mended(
    invoke: Invoke, root: Path, request_id: str, left: bytes | None, mending: str
) -> None:
    whole = (root / "ledger" / "requests" / f"{request_id}.yml").read_bytes()
    torn = f"{request_id[:-1]}2"
    path = root / "ledger" / "requests" / f"{torn}.yml"
    path.write_bytes(whole.replace(request_id.encode(), torn.encode())[:-20] if left is None else left)
    verified = invoke("ledger", "verify")
    assert verified.exit_code == 1 and "run zhengban ledger recover" in verified.stdout
    if mending == "new":
        result = invoke(*NEW[:3], "PC-0001", *NEW[4:], "--install", "COM-0001")
        assert (result.exit_code, result.stdout) == (0, f"{request_id[:-1]}3: applied\n")
    else:
        result = invoke("ledger", "recover")
        assert (result.exit_code, result.stdout) == (0, f"mended ledger/requests/{torn}.yml\nnothing is pending\n")
    assert invoke("ledger", "verify").exit_code == 0
    assert len(list(path.parent.glob("*.torn-*"))) == (left is None)


def test_a_request_decided_about_in_two_clones(invoke: Invoke, root: Path, request_id: str, tmp_path: Path) -> None:
    # Another clone has a writer of its own.
    clone = tmp_path / "clone"
    shutil.copytree(root, clone)
    (clone / "ledger" / ".writer").unlink()
    assert invoke("request", "approve", request_id, "--by", "E0003").exit_code == 0
    assert invoke("request", "reject", request_id, "--by", "E0003", "--reason", "no", workspace=clone).exit_code == 0
    # As git's union of both leaves it.
    ours, theirs = (place / "ledger" / "requests" / f"{request_id}.yml" for place in (root, clone))
    ours.write_bytes(ours.read_bytes() + theirs.read_bytes().splitlines(keepends=True)[-1])
    for path in (clone / "ledger" / "events").iterdir():
        if not (root / "ledger" / "events" / path.name).exists():
            shutil.copy(path, root / "ledger" / "events")
    verified = invoke("ledger", "verify")
    assert verified.exit_code == 1
    assert verified.stdout.count("contradictory") == 1 and "zhengban request new" in verified.stdout
    merged = invoke("ledger", "merge")
    assert merged.exit_code == 0 and "contradictory" in merged.stderr
    (listed,) = json.loads(invoke("request", "list", "--format", "json").stdout)
    assert (listed["state"], listed["void"].split(";")[1]) == ("rejected", " it can never be used")
    assert invoke("request", "approve", request_id, "--by", "E0002").exit_code == 3
    again = json.loads(invoke(*NEW, "--install", "COM-0001", "--format", "json").stdout)
    assert again["is_new"] is True
