# SPDX-License-Identifier: Apache-2.0
"""What left this machine and when, from dpkg's own log.

Source: the lines ``DATE TIME remove NAME:ARCH VERSION <none>`` of dpkg's log (local time); DESIGN 4 (private removals).
"""

import gzip
import os
import re
import time
import zlib
from typing import Collection, Dict, Iterator, List, Tuple

LOG_FOLDER = "var/log"
DAYS = 400
MAX_ROWS = 2000
# A hint nobody decides by: a log of any size costs no more than reading this much of it.
MAX_BYTES = 16 * 1024 * 1024

_LOG_NAME = re.compile(r"dpkg\.log(?:\.([0-9]{1,6}))?(\.gz)?")
# A package whose last file another one took over disappears; nobody removed it, and it is gone all the same.
_REMOVAL = re.compile(
    rb"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) (?:remove|disappear) "
    # Longer is no name, and escaped it could be more than facts may hold.
    rb"([^\s:]{1,200}):([^\s:]{1,40}) (\S{1,240})",
    re.M,
)


def read_removed(root: str, installed: Collection[Tuple[str, str]], now: float) -> List[List[str]]:
    """The last removal of every package that is gone, as far back as the logs and :data:`DAYS` reach.

    Args:
        root: where the system to read lies; the log's local time is taken for this machine's.
        installed: (name, architecture) of what is there now.
        now: seconds since the epoch.

    Returns:
        Rows of (manager, name, architecture, version, removed_at), the latest :data:`MAX_ROWS` of them, sorted by
        package; none where the logs cannot be read.
    """
    oldest = now - DAYS * 86400
    latest: Dict[Tuple[str, str], Tuple[float, str]] = {}
    for log in _read_logs(os.path.join(root, LOG_FOLDER)):
        for stamp, name, arch, version in _REMOVAL.findall(log):
            key = _text(name), _text(arch)
            moment = _moment(_text(stamp))
            if key not in installed and oldest <= moment <= now and moment >= latest.get(key, (0.0, ""))[0]:
                latest[key] = moment, _text(version)
    kept = sorted(latest, key=lambda key: (-latest[key][0], key))[:MAX_ROWS]
    return [["dpkg", name, arch, latest[name, arch][1], _utc(latest[name, arch][0])] for name, arch in sorted(kept)]


def _read_logs(folder: str) -> Iterator[bytes]:
    """The logs, newest first, together at most :data:`MAX_BYTES`; of one that is too long its end, if it is plain."""
    left = MAX_BYTES
    for name in _log_names(folder):
        path = os.path.join(folder, name)
        # What is no file (a pipe) might never end.
        if not left or not os.path.isfile(path):
            continue
        try:
            if name.endswith(".gz"):
                with gzip.open(path, "rb") as packed:
                    text = packed.read(left)
            else:
                with open(path, "rb") as plain:
                    plain.seek(max(0, os.fstat(plain.fileno()).st_size - left))
                    text = plain.read(left)
        except (OSError, EOFError, zlib.error):
            continue
        left -= len(text)
        yield text


def _log_names(folder: str) -> List[str]:
    """Rotated logs have numbers, the newest has none."""
    try:
        found = [_LOG_NAME.fullmatch(name) for name in os.listdir(folder)]
    except OSError:
        return []
    matches = [match for match in found if match]
    return [match.group() for match in sorted(matches, key=lambda match: (int(match.group(1) or 0), match.group()))]


def _moment(text: str) -> float:
    """Seconds since the epoch; 0 for what is no time."""
    try:
        return time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))
    except (ValueError, OverflowError):
        return 0.0


def _utc(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
