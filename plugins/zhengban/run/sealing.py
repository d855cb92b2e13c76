# SPDX-License-Identifier: Apache-2.0
"""Checkpoints as files: written with a signature beside them, and checked again. Source: DESIGN 6."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import msgspec

from zhengban.ledger import Ledger
from zhengban.ledger.checkpoint import (
    NAMESPACE,
    decode_checkpoint,
    encode_checkpoint,
    find_losses_since,
    take_checkpoint,
)
from zhengban.ledger.files import replace_file
from zhengban.ledger.snapshot import Store
from zhengban.model.errors import InputError, Problem

from .signatures import VARIABLE, find_key, find_signer, find_signers, read_signature, sign

_UNTRUSTED = "trust it no more than any other file: use a checkpoint that was signed and kept safe"


class SealCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a ledger since a checkpoint: ``problems`` with it and with its signature, ``signer`` in words."""

    at: dt.datetime
    problems: tuple[Problem, ...]
    signer: str


def write_checkpoint(ledger: Ledger, output: Path, *, key: Path | None, at: dt.datetime) -> tuple[Path, ...]:
    """Write a checkpoint to a new file, and with a key its signature to a second, ``<output>.sig``.

    Returns:
        The files written.

    Raises:
        InputError: a file is there already, or the ledger is not as it was written; nothing was written.
        Refused: ssh-keygen is missing or does not sign; nothing was written.
        LedgerError: a file cannot be written.
    """
    files = (signature_of(output), output) if key is not None else (output,)
    if there := [path for path in files if path.exists() or path.is_symlink()]:
        hint = "nothing was written; choose another name"
        raise InputError(Problem(file=str(path), message="exists already", hint=hint) for path in there)
    data = encode_checkpoint(take_checkpoint(Store(ledger.root), ledger.snapshot(), at=at))
    if key is not None:
        # Last the file that says it is a checkpoint: there is none without its signature.
        replace_file(files[0], sign(data, key=key, namespace=NAMESPACE).encode())
    replace_file(output, data)
    return files


def signature_of(path: Path) -> Path:
    """Where the signature over a checkpoint is: where ``ssh-keygen -Y sign`` puts it."""
    return path.with_name(f"{path.name}.sig")


def check_seal(ledger: Ledger, path: Path, *, signers: Path | None) -> SealCheck:
    """Check a checkpoint's signature, and that the ledger still holds everything it stands for.

    Args:
        ledger: the present one.
        path: the checkpoint.
        signers: who may sign (ALLOWED SIGNERS in ssh-keygen(1)); None: the file of trusted signers, if there is one.

    Raises:
        InputError: the file is no checkpoint.
        Refused: the trusted signers lie in the workspace, or ssh-keygen is missing.
    """
    data = _read(path)
    checkpoint = decode_checkpoint(data, shown_as=str(path))
    fault, signer = _check_signature(ledger, path, data, signers)
    faults = (Problem(file=str(signature_of(path)), message=fault, hint=_UNTRUSTED),) if fault else ()
    losses = find_losses_since(Store(ledger.root), ledger.snapshot(), checkpoint)
    return SealCheck(at=checkpoint.at, problems=(*faults, *losses), signer=signer)


def _check_signature(ledger: Ledger, path: Path, data: bytes, signers: Path | None) -> tuple[str, str]:
    """What is wrong, and who signed: one of the two is empty. A key that nobody vouches for is anybody's."""
    is_asked = signers is not None
    trusted = find_signers(ledger.root.parent, {VARIABLE: str(signers)} if is_asked else os.environ)
    if not signature_of(path).exists():
        return "unsigned: there is no signature", ""
    signature = read_signature(signature_of(path))
    if is_asked or trusted.is_file():
        return find_signer(data, signature, signers=trusted, namespace=NAMESPACE)
    fault, key = find_key(data, signature, namespace=NAMESPACE)
    return fault or f"untrusted: signed with {key}, and no file of trusted signers says whose it is (--signers)", ""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        raise InputError([Problem(file=str(path), message=f"cannot be read: {err.strerror or err}")]) from err
