# SPDX-License-Identifier: Apache-2.0
"""Opening a workbook that somebody sent: what is dangerous is refused, and the rest is read with bounded memory.

Source: DESIGN 6 (values are data).
"""

from __future__ import annotations

import hashlib
import os
import resource
import stat
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from zhengban.model.errors import InputError, Problem

from .grid import Book
from .reader import Answer

WORKBOOKS = (".xlsx", ".xls", ".ods")
KINDS = (*WORKBOOKS, ".csv")
MOST_BYTES = 64 * 2**20
MOST_UNPACKED = 512 * 2**20
"""What all parts of a workbook may come to; 100,000 rows of form 8 are 110 MB."""
MOST_RATIO = 200
"""Times the size of the file; that of a real workbook stays below 30."""

_MEMORY = 3 * 2**29
_SECONDS = 300
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 2**20


def open_books(paths: Iterable[Path]) -> tuple[Book, ...]:
    """Read several files, each once however often it is named, as :func:`open_book` does.

    Returns:
        The books in the order of the files; those whose files are called alike have their whole paths as names.

    Raises:
        InputError: with why each that is refused is.
    """
    files = tuple({os.path.realpath(path): path for path in paths}.values())
    books = [open_book(path) for path in files]
    if problems := [book for book in books if isinstance(book, Problem)]:
        raise InputError(problems)
    times = Counter(path.name for path in files)
    return tuple(
        msgspec.structs.replace(book, file=str(path)) if times[path.name] > 1 else book
        for path, book in zip(files, books, strict=True)
        if isinstance(book, Book)
    )


def open_book(path: Path) -> Book | Problem:
    """Read all worksheets of a file, in a process of its own.

    Macros, links to other files, passwords, archives that unpack to far more than they are, and sheets beyond the
    reader's limits are refused; nothing in the file is carried out, and nothing it names is opened.
    """
    try:
        mode = path.stat().st_mode
    except OSError as err:
        return _refused(path, err.strerror or "it cannot be opened", "name a file that is there and can be read")
    if not stat.S_ISREG(mode):
        what = "it is a folder" if stat.S_ISDIR(mode) else "it is no file"
        return _refused(path, what, "name the files themselves, such as *.xlsx")
    if reason := next(_objections(path), ""):
        return _refused(path, reason)
    command = [sys.executable, "-c", f"from {__package__}.reader import main; main()", str(path)]
    try:
        result = subprocess.run(command, check=False, capture_output=True, preexec_fn=_limit, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return _refused(path, f"it was not read within {_SECONDS} s")
    if result.returncode != 0:
        return _refused(path, "the process that reads it ended; it takes too much memory, or is damaged")
    answer = msgspec.json.decode(result.stdout, type=Answer)
    if answer.refusal:
        return _refused(path, answer.refusal)
    if not any(value not in (None, "") for grid in answer.grids for row in grid.rows for value in row):
        return _refused(path, "nothing stands in it", "leave it out, or look whether it was saved")
    return Book(file=path.name, grids=answer.grids, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def _refused(path: Path, reason: str, hint: str = "save it again as .xlsx and look at what is in it") -> Problem:
    return Problem(file=str(path), message=f"is not read: {reason}", hint=hint)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _objections(path: Path) -> Iterator[str]:
    suffix = path.suffix.lower()
    if suffix in (".xlsm", ".xltm", ".xlam", ".xlsb"):
        yield f"a {suffix} may hold macros"
    if suffix not in KINDS:
        yield f"it is none of {', '.join(KINDS)}"
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            yield f"it has {size} bytes, at most {MOST_BYTES} are read"
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError as err:
        yield err.strerror or "it cannot be opened"
        return
    if head.startswith(_OLE):
        yield from _ole_objections(path, suffix)
    elif head.startswith(b"PK"):
        yield from _zip_objections(path, size)
    elif suffix != ".csv":
        yield f"it is no {suffix} workbook, whatever its name says"


def _ole_objections(path: Path, suffix: str) -> Iterator[str]:
    data = path.read_bytes()
    # The names of streams in the directory of a compound file.
    if "EncryptedPackage".encode("utf-16-le") in data:
        yield "it is protected with a password"
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        yield "it holds macros"
    if suffix != ".xls":
        yield f"it is an old .xls workbook named {suffix}"


def _zip_objections(path: Path, size: int) -> Iterator[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {item.filename.lower() for item in archive.infolist()}
            if any(name.endswith(("vbaproject.bin", ".bas")) or "/macrosheets/" in name for name in names):
                yield "it holds macros"
            if any("/externallinks/" in name for name in names):
                yield "it has links to other files"
            if "encryptionkey" in names or "encryptedpackage" in names:
                yield "it is protected with a password"
            unpacked = 0
            for item in archive.infolist():
                # What the archive says about sizes is not believed.
                with archive.open(item) as part:
                    while chunk := part.read(_CHUNK):
                        unpacked += len(chunk)
                        if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * size + 10 * _CHUNK:
                            yield f"it unpacks to more than {unpacked} bytes from {size}"
                            return
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as err:
        yield f"it is damaged ({err})"
