# SPDX-License-Identifier: Apache-2.0
"""``zhengban ledger merge``, ``checkpoint`` and ``verify --checkpoint``, with real ssh-keygen."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from tests.lab.workspace import copy_example
from tests.unit.ledger.examples import NOW, carry_out, install_intent, make_intent
from zhengban.ledger import Ledger
from zhengban.ledger.lines import encode_line, hash_line

Invoke = Callable[..., Result]


@pytest.fixture
def booked(root: Path) -> Ledger:
    """Three changes and two events."""
    ledger = Ledger(root / "ledger")
    for number in range(3):
        carry_out(ledger, make_intent(f"PC-000{number}"))
    ledger.append_events([("notice", "", "", {"text": "通知"}), ("notice", "", "", {})], at=NOW)
    return ledger


def content(ledger: Ledger) -> dict[str, bytes]:
    files = (path for path in sorted(ledger.root.rglob("*")) if path.is_file() and ".locks" not in path.parts)
    return {str(path.relative_to(ledger.root)): path.read_bytes() for path in files}


class TestMerge:
    @pytest.fixture
    def other(self, tmp_path: Path) -> Path:
        other = copy_example(tmp_path / "other")
        carry_out(Ledger(other / "ledger"), install_intent("PC-0100", "dpkg:a:all", "FREE-0100"))
        return other

    def test_check_then_merge_then_nothing(self, invoke: Invoke, booked: Ledger, other: Path) -> None:
        writer, before = Ledger(other / "ledger").writer, content(booked)
        result = invoke("ledger", "merge", "--unrelated", str(other), "--check")
        assert (result.exit_code, result.stdout) == (
            0,
            f"books/FREE-0100: 1 lines to add\ncommits/{writer}: 1 lines to add\n",
        )
        assert content(booked) == before
        result = invoke("ledger", "merge", "--unrelated", str(other))
        assert result.stdout == f"books/FREE-0100: 1 lines added\ncommits/{writer}: 1 lines added\n"
        assert invoke("ledger", "verify").stdout.startswith("ok: 5 books, 19 records\n")
        assert invoke("ledger", "merge", "--unrelated", str(other)).stdout == "nothing to merge\n"

    def test_json(self, invoke: Invoke, booked: Ledger, other: Path) -> None:
        writer = Ledger(other / "ledger").writer
        result = invoke("ledger", "merge", "--unrelated", str(other / "ledger"), "--format", "json")
        empty: dict[str, int] = {}
        assert json.loads(result.stdout) == {
            "books": {"FREE-0100": 1},
            "commits": {writer: 1},
            "events": empty,
            "confirmations": empty,
            "requests": empty,
            "tidied": [],
        }

    def test_an_unrelated_ledger_is_refused(self, invoke: Invoke, booked: Ledger, other: Path) -> None:
        package = make_intent("PC-0001").changes[0].package
        second = install_intent("PC-0001", package, "COM-0009", run="20261124T093000Z-a3f0c1")
        carry_out(Ledger(other / "ledger"), second)
        before = content(booked)
        for more in ((), ("--check",)):
            result = invoke("ledger", "merge", str(other), *more)
            assert (result.exit_code, result.stdout) == (2, "")
            assert "no line in common" in result.stderr and "--unrelated" in result.stderr
            assert f"twice afterwards: {package} on PC-0001" in result.stderr
        assert content(booked) == before
        assert invoke("ledger", "merge", "--unrelated", str(other)).exit_code == 0
        assert invoke("ledger", "merge", str(other)).stdout == "nothing to merge\n"
        assert invoke("ledger", "merge", "--unrelated").exit_code == 2

    def test_an_unrelated_ledger_of_events_alone_is_refused(
        self, invoke: Invoke, booked: Ledger, tmp_path: Path
    ) -> None:
        """Another office's raised limits and urgent removals came in that way, because it had no commit line yet."""
        other = Ledger(copy_example(tmp_path / "other") / "ledger")
        other.append_events([("limit_raised", "", "", {"computers": 300})], at=NOW)
        before = content(booked)
        result = invoke("ledger", "merge", str(other.root))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "no line in common" in result.stderr
        assert content(booked) == before

    def test_a_copy_from_before_the_first_change_is_merged(self, invoke: Invoke, root: Path, tmp_path: Path) -> None:
        Ledger(root / "ledger").append_events([("notice", "", "", {})], at=NOW)
        copy = tmp_path / "copy"
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".writer", ".heads"))
        for place, computer in ((root, "PC-0001"), (copy, "PC-0002")):
            carry_out(Ledger(place / "ledger"), make_intent(computer))
        assert invoke("ledger", "merge", str(copy)).exit_code == 0

    def test_foreign_line(self, invoke: Invoke, booked: Ledger, other: Path) -> None:
        stranger = install_intent("PC-0999", "dpkg:x:all", "FREE-0100").changes[0].records[0].record
        book = other / "ledger" / "books" / "FREE-0100.yml"
        book.write_bytes(book.read_bytes() + encode_line(stranger) + b"\n")
        before = content(booked)
        result = invoke("ledger", "merge", "--unrelated", str(other))
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"{book}:4:0: foreign: no commit line names record ")
        assert content(booked) == before

    def test_not_a_ledger(self, invoke: Invoke, booked: Ledger, tmp_path: Path) -> None:
        result = invoke("ledger", "merge", str(tmp_path / "nowhere"))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "neither a workspace with a ledger nor a ledger" in result.stderr

    def test_after_git(self, invoke: Invoke, booked: Ledger) -> None:
        assert invoke("ledger", "merge").stdout == "every line is in its place\n"
        book = booked.root / "books" / "COM-0001.yml"
        whole = book.read_bytes()
        book.write_bytes(whole + whole.splitlines(keepends=True)[2])
        checked = invoke("ledger", "merge", "--check")
        assert checked.stdout == "ledger/books/COM-0001.yml: lines twice or out of order\n"
        assert book.read_bytes() != whole
        assert json.loads(invoke("ledger", "merge", "--format", "json").stdout)["tidied"] == [
            "ledger/books/COM-0001.yml"
        ]
        assert book.read_bytes() == whole


class TestCheckpoint:
    @pytest.fixture
    def keys(self, tmp_path: Path) -> Path:
        """Two keys, and a file that trusts the first, for our purpose only."""
        folder = tmp_path / "keys"
        folder.mkdir()
        for name in ("mine", "other"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        public = (folder / "mine.pub").read_text(encoding="utf-8")
        (folder / "signers").write_text(f'E0002 namespaces="zhengban-seal" {public}', encoding="utf-8")
        return folder

    @pytest.fixture(autouse=True)
    def no_signers_of_this_machine(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("ZHENGBAN_SIGNERS", str(tmp_path / "none"))

    @pytest.fixture
    def sealed(self, invoke: Invoke, booked: Ledger, keys: Path, tmp_path: Path) -> Path:
        path = tmp_path / "seal.json"
        result = invoke("ledger", "checkpoint", "--key", str(keys / "mine"), "--output", str(path))
        assert (result.exit_code, result.stdout) == (0, f"wrote {path}.sig\nwrote {path}\n")
        return path

    @pytest.fixture
    def verify(self, invoke: Invoke, sealed: Path, keys: Path) -> Callable[[], Result]:
        return lambda: invoke("ledger", "verify", "--checkpoint", str(sealed), "--signers", str(keys / "signers"))

    def test_what_it_holds(self, booked: Ledger, sealed: Path) -> None:
        document = json.loads(sealed.read_bytes())
        writer = booked.writer
        assert (document["format"], set(document["books"])) == ("zhengban.checkpoint/1", set(booked.books()))
        lines = (booked.root / "runs" / f"{writer}.yml").read_bytes().splitlines()[2:]
        hashes = [hash_line(line) for line in lines]
        assert document["commits"] == {
            writer: {"marks": [[1, hashes[0]], [2, hashes[1]]], "seq": 3, "sha256": hashes[2]}
        }
        assert document["books"]["COM-0001"]["records"] == 3
        assert document["events"][writer]["seq"] == 2

    def test_it_is_canonical_and_plain_ssh_keygen_verifies_it(self, sealed: Path, keys: Path) -> None:
        data = sealed.read_bytes()
        assert data == json.dumps(json.loads(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        command = ["ssh-keygen", "-Y", "verify", "-f", keys / "signers", "-I", "E0002", "-n", "zhengban-seal"]
        assert subprocess.run([*command, "-s", f"{sealed}.sig"], input=data).returncode == 0

    def test_nothing_lost_since(self, booked: Ledger, verify: Callable[[], Result]) -> None:
        for _grown in range(2):
            result = verify()
            assert result.exit_code == 0
            assert result.stdout.splitlines()[1].startswith("nothing was cut away or rewritten since 20")
            assert result.stdout.endswith("UTC; signed by E0002\n")
            carry_out(booked, make_intent("PC-0050"))
            booked.append_events([("notice", "", "", {"text": "later"})], at=NOW)

    def test_an_empty_ledger_gets_none(self, invoke: Invoke, tmp_path: Path) -> None:
        output = tmp_path / "seal.json"
        result = invoke("ledger", "checkpoint", "--output", str(output))
        assert (result.exit_code, "ledger: holds nothing" in result.stderr, output.exists()) == (2, True, False)

    def test_what_was_written_is_told_to_programs(
        self, booked: Ledger, keys: Path, invoke: Invoke, tmp_path: Path
    ) -> None:
        output = tmp_path / "seal.json"
        options = ("--key", str(keys / "mine"), "--output", str(output))
        result = invoke("ledger", "checkpoint", *options, "--format", "json")
        assert result.exit_code == 0
        assert json.loads(result.stdout) == {"files": [f"{output}.sig", str(output)]}
        printed = json.loads(invoke("ledger", "checkpoint", "--format", "json").stdout)
        assert printed["books"] == json.loads(output.read_bytes())["books"]

    def test_a_merge_since_loses_nothing(
        self, booked: Ledger, sealed: Path, keys: Path, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nor does git's: the other branch's lines may come to stand before ours."""
        monkeypatch.setenv("ZHENGBAN_SIGNERS", str(keys / "signers"))
        other = copy_example(tmp_path / "other")
        carry_out(Ledger(other / "ledger"), install_intent("PC-0100", "dpkg:a:all", "COM-0001"))
        assert invoke("ledger", "merge", "--unrelated", str(other)).exit_code == 0
        book = booked.root / "books" / "COM-0001.yml"
        lines = book.read_bytes().splitlines(keepends=True)
        book.write_bytes(b"".join([*lines[:2], lines[-1], *lines[2:-1]]))
        assert invoke("ledger", "verify", "--checkpoint", str(sealed)).exit_code == 0
        # And the other copy, which took ours over, contains our checkpoint too.
        assert invoke("ledger", "merge", str(booked.root), workspace=other).exit_code == 0
        assert invoke("ledger", "verify", "--checkpoint", str(sealed), workspace=other).exit_code == 0

    @pytest.mark.parametrize(("left", "gone"), [(2, "seq 3"), (1, "seq 2 to 3"), (0, "seq 1 to 3")])
    def test_the_end_cut_away(self, booked: Ledger, verify: Callable[[], Result], left: int, gone: str) -> None:
        """With the records and the notes on it, so that the ledger by itself looks sound."""
        shutil.rmtree(booked.root / ".heads")
        for path in (booked.root / "runs" / f"{booked.writer}.yml", *(booked.root / "books").iterdir()):
            lines = path.read_bytes().splitlines(keepends=True)
            count = 2 + left * (len(lines) - 2) // 3
            path.write_bytes(b"".join(lines[:count]))
        assert booked.verify() == ()
        result = verify()
        assert result.exit_code == 1
        assert f"ledger/runs/{booked.writer}.yml: cut away since the checkpoint of" in result.stdout
        assert f" UTC: {gone}, perhaps not all of them" in result.stdout
        assert (
            f"ledger/books/COM-0001.yml: holds {left} of its 3 records settled before the checkpoint" in result.stdout
        )

    def test_all_of_it_gone(self, booked: Ledger, verify: Callable[[], Result]) -> None:
        booked.root.rename(booked.root.with_name("elsewhere"))
        result = verify()
        assert result.exit_code == 1
        assert f"ledger/events/{booked.writer}.yml: cut away" in result.stdout

    def test_rewritten_by_an_owner_of_the_files(self, booked: Ledger, verify: Callable[[], Result]) -> None:
        """A whole chain written anew is sound in itself; the first line that differs is named."""
        writer, other = booked.writer, Ledger(booked.root.with_name("again"))
        (other.root).mkdir()
        (other.root / ".writer").write_text(writer, encoding="ascii")
        for number in (0, 7, 2):
            carry_out(other, make_intent(f"PC-000{number}"))
        other.append_events([("notice", "", "", {"text": "通知"}), ("notice", "", "", {})], at=NOW)
        booked.root.rename(booked.root.with_name("old"))
        other.root.rename(booked.root)
        assert booked.verify() == ()
        result = verify()
        assert result.exit_code == 1
        (chain,) = (line for line in result.stdout.splitlines() if f"runs/{writer}.yml" in line)
        assert chain.startswith(f"ledger/runs/{writer}.yml:4:0: rewritten since the checkpoint of")
        assert ": seq 2; " in chain
        assert "ledger/books/COM-0001.yml: its 3 records are not what they were" in result.stdout
        assert f"events/{writer}" not in result.stdout

    def test_an_altered_ledger_gets_none(self, invoke: Invoke, booked: Ledger, tmp_path: Path) -> None:
        book = booked.root / "books" / "COM-0001.yml"
        book.write_bytes(book.read_bytes().replace(b"Lenovo", b"Huawei"))
        result = invoke("ledger", "checkpoint", "--output", str(tmp_path / "seal.json"))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "ledger/books/COM-0001.yml:3:0: altered" in result.stderr
        assert not (tmp_path / "seal.json").exists()

    def test_printed_without_a_file(self, invoke: Invoke, booked: Ledger, tmp_path: Path, keys: Path) -> None:
        result = invoke("ledger", "checkpoint")
        assert json.loads(result.stdout)["format"] == "zhengban.checkpoint/1"
        assert invoke("ledger", "checkpoint", "--key", str(keys / "mine")).exit_code == 2
        (tmp_path / "plain.json").write_bytes(result.stdout_bytes)
        result = invoke("ledger", "verify", "--checkpoint", str(tmp_path / "plain.json"))
        assert "plain.json.sig: unsigned: there is no signature; trust it no more" in result.stdout
        assert result.exit_code == 1
        result = invoke(
            "ledger", "verify", "--checkpoint", str(tmp_path / "plain.json"), "--signers", str(keys / "signers")
        )
        assert result.exit_code == 1
        assert "unsigned: there is no signature" in result.stdout

    def test_existing_file_stays(self, invoke: Invoke, sealed: Path, keys: Path) -> None:
        before = sealed.read_bytes()
        result = invoke("ledger", "checkpoint", "--key", str(keys / "mine"), "--output", str(sealed))
        assert result.exit_code == 2
        assert [f"{sealed}: exists already" in result.stderr, f"{sealed}.sig: exists already" in result.stderr] == [
            True
        ] * 2
        assert sealed.read_bytes() == before

    def found(self, result: Result) -> str:
        """The one problem, which is with the signature: the ledger still holds everything."""
        assert result.exit_code == 1
        (problem,) = result.stdout.splitlines()
        assert "seal.json.sig: " in problem
        return problem

    def test_another_signer(self, invoke: Invoke, sealed: Path, keys: Path, verify: Callable[[], Result]) -> None:
        Path(f"{sealed}.sig").unlink()
        sign(sealed, keys / "other", "zhengban-seal")
        assert "none of the trusted signers in" in self.found(verify())
        # Without anybody who is trusted, whose key it is stays open.
        result = invoke("ledger", "verify", "--checkpoint", str(sealed))
        assert "untrusted: signed with ED25519 key SHA256:" in self.found(result)

    def test_another_purpose(self, invoke: Invoke, sealed: Path, keys: Path, verify: Callable[[], Result]) -> None:
        Path(f"{sealed}.sig").unlink()
        sign(sealed, keys / "mine", "zhengban-approval")
        assert "namespace does not match" in self.found(verify())
        assert "namespace does not match" in self.found(invoke("ledger", "verify", "--checkpoint", str(sealed)))

    def test_a_signer_trusted_for_something_else(self, keys: Path, verify: Callable[[], Result]) -> None:
        path = keys / "signers"
        path.write_text(
            path.read_text(encoding="utf-8").replace("zhengban-seal", "zhengban-approval"), encoding="utf-8"
        )
        self.found(verify())

    def test_an_edited_checkpoint(self, sealed: Path, verify: Callable[[], Result], invoke: Invoke) -> None:
        sealed.write_bytes(sealed.read_bytes().replace(b'"at":"20', b'"at":"19'))
        assert "incorrect signature" in self.found(verify())
        assert "incorrect signature" in self.found(invoke("ledger", "verify", "--checkpoint", str(sealed)))

    def test_trusted_signers_of_the_environment(
        self, invoke: Invoke, sealed: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ZHENGBAN_SIGNERS", str(keys / "signers"))
        assert invoke("ledger", "verify", "--checkpoint", str(sealed)).stdout.endswith("UTC; signed by E0002\n")

    def test_signers_in_the_workspace(self, invoke: Invoke, root: Path, sealed: Path, keys: Path) -> None:
        (root / "signers").write_bytes((keys / "signers").read_bytes())
        result = invoke("ledger", "verify", "--checkpoint", str(sealed), "--signers", str(root / "signers"))
        assert result.exit_code == 3
        assert "trusted signers have to lie outside the workspace" in result.stderr

    @pytest.mark.parametrize("text", [b"", b"not a key"])
    def test_a_bad_key(self, invoke: Invoke, booked: Ledger, tmp_path: Path, text: bytes) -> None:
        (tmp_path / "key").write_bytes(text)
        (tmp_path / "key").chmod(0o600)
        output = tmp_path / "seal.json"
        result = invoke("ledger", "checkpoint", "--key", str(tmp_path / "key"), "--output", str(output))
        assert (result.exit_code, result.stdout) == (3, "")
        assert result.stderr.startswith(f"{tmp_path / 'key'}: nothing was signed: ")
        assert not output.exists()
        assert not Path(f"{output}.sig").exists()

    def test_without_ssh_keygen(
        self, invoke: Invoke, sealed: Path, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        for arguments in (
            ("checkpoint", "--key", str(keys / "mine"), "--output", str(tmp_path / "new.json")),
            ("verify", "--checkpoint", str(sealed)),
        ):
            result = invoke("ledger", *arguments)
            assert (result.exit_code, result.stdout) == (3, "")
            assert result.stderr.startswith("ssh-keygen is not installed; install ")
        assert not (tmp_path / "new.json").exists()

    @pytest.mark.parametrize("text", ["", "{}", '{"format": "zhengban.checkpoint/2"}'])
    def test_not_a_checkpoint(self, invoke: Invoke, booked: Ledger, tmp_path: Path, text: str) -> None:
        (tmp_path / "x.json").write_text(text, encoding="utf-8")
        result = invoke("ledger", "verify", "--checkpoint", str(tmp_path / "x.json"))
        assert result.exit_code == 2
        assert "x.json: not a checkpoint: " in result.stderr

    def test_signers_without_a_checkpoint(self, invoke: Invoke, booked: Ledger, keys: Path) -> None:
        assert invoke("ledger", "verify", "--signers", str(keys / "signers")).exit_code == 2


def sign(path: Path, key: Path, namespace: str) -> None:
    subprocess.run(["ssh-keygen", "-Y", "sign", "-q", "-f", key, "-n", namespace, path], check=True)
