# SPDX-License-Identifier: Apache-2.0
"""SSH signatures through ``ssh-keygen -Y``, and the file that says whose keys are trusted. Source: DESIGN 11."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from zhengban.model.errors import InputError, Problem, Refused

DEFAULT_SIGNERS = Path("/etc/zhengban/signers")
VARIABLE = "ZHENGBAN_SIGNERS"
_SECONDS = 60
# Far more than the signature of any key has.
_MOST_BYTES = 100_000


def find_signers(workspace: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """The file of trusted signers: ``$ZHENGBAN_SIGNERS``, else ``/etc/zhengban/signers``.

    A line of it is ``PERSON-ID namespaces="zhengban-approval" ssh-ed25519 …`` (ALLOWED SIGNERS in ssh-keygen(1)).

    Raises:
        Refused: it lies in the workspace: whoever may write there would say whom to trust.
    """
    path = Path(environment.get(VARIABLE) or DEFAULT_SIGNERS)
    if path.resolve().is_relative_to(workspace.resolve()):
        raise Refused(
            [f"{path}: trusted signers have to lie outside the workspace; move the file and name it in ${VARIABLE}"]
        )
    return path


def sign(data: bytes, *, key: Path, namespace: str) -> str:
    """Sign bytes with a private key, or with its public half through an agent.

    Returns:
        The armoured signature.

    Raises:
        Refused: ssh-keygen is missing or does not sign; its words are in the reason.
    """
    done = _run(["-Y", "sign", "-q", "-f", str(key), "-n", namespace], data)
    if done.returncode or not done.stdout:
        raise Refused([f"{key}: nothing was signed: {_said(done)}"])
    return done.stdout.decode("ascii", "replace")


def find_fault(data: bytes, signature: str, *, signers: Path, person: str, namespace: str) -> str:
    """What is wrong with a person's signature over bytes; empty when it holds.

    Raises:
        Refused: ssh-keygen is missing.
    """
    if not signers.is_file():
        return (
            f"there is no file of trusted signers {signers} to verify it with; make it, a line for each person's id "
            f"(ALLOWED SIGNERS in ssh-keygen(1)), or name another in ${VARIABLE}"
        )
    with _as_file(signature) as name:
        done = _run(["-Y", "verify", "-f", str(signers), "-I", person, "-n", namespace, "-s", name], data)
    return "" if done.returncode == 0 else f"ssh-keygen says {_said(done)!r} about {person}'s key in {signers}"


def find_signer(data: bytes, signature: str, *, signers: Path, namespace: str) -> tuple[str, str]:
    """Which of the trusted signers made a signature over bytes.

    Returns:
        What is wrong, and who: one of the two is empty.

    Raises:
        Refused: ssh-keygen is missing.
    """
    if not signers.is_file():
        return f"there is no file of trusted signers {signers} to verify it with", ""
    with _as_file(signature) as name:
        found = _run(["-Y", "find-principals", "-f", str(signers), "-s", name], data)
    person = found.stdout.decode("utf-8", "replace").partition("\n")[0]
    if found.returncode or not person:
        return f"none of the trusted signers in {signers} made it ({_said(found)})", ""
    fault = find_fault(data, signature, signers=signers, person=person, namespace=namespace)
    return (fault, "") if fault else ("", f"signed by {person}")


def find_key(data: bytes, signature: str, *, namespace: str) -> tuple[str, str]:
    """Which key made a signature over bytes, whosever it is.

    Returns:
        What is wrong, and the key's type and fingerprint: one of the two is empty.

    Raises:
        Refused: ssh-keygen is missing.
    """
    with _as_file(signature) as name:
        done = _run(["-Y", "check-novalidate", "-n", namespace, "-s", name], data)
    if done.returncode:
        return f"the signature does not hold: {_said(done)}", ""
    return "", done.stdout.decode("utf-8", "replace").strip().rpartition(" with ")[2]


@contextmanager
def _as_file(signature: str) -> Iterator[str]:
    with tempfile.NamedTemporaryFile(suffix=".sig") as file:
        file.write(signature.encode())
        file.flush()
        yield file.name


def read_signature(path: Path) -> str:
    """Read the signature somebody made elsewhere.

    Raises:
        InputError: the file cannot be read, or holds no SSH signature.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except OSError as err:
        raise InputError([Problem(file=str(path), message=f"cannot be read: {err.strerror or err}")]) from err
    if not data.lstrip().startswith(b"-----BEGIN SSH SIGNATURE-----"):
        hint = "make it with: ssh-keygen -Y sign -f KEY -n zhengban-approval FILE"
        raise InputError([Problem(file=str(path), message="holds no SSH signature", hint=hint)])
    return data.decode("ascii", "replace")


def _run(arguments: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise Refused(["ssh-keygen is not installed; install OpenSSH 8.1 or later (openssh-client)"])
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        return subprocess.run(
            [program, *arguments], input=data, capture_output=True, timeout=_SECONDS, check=False, env=environment
        )
    except subprocess.TimeoutExpired as err:
        raise Refused([f"ssh-keygen did not answer within {_SECONDS} s"]) from err


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    text = (done.stderr.strip() or done.stdout.strip()).decode("utf-8", "replace")
    return " ".join(text.split()) or f"nothing, and left with {done.returncode}"
