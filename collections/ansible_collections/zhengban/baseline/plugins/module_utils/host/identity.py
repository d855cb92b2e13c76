# SPDX-License-Identifier: Apache-2.0
"""What tells this machine from another: the serial number of its board and its machine id."""

import os
from typing import Dict

# Makers leave these where a serial number belongs; every machine of a delivery would share them.
_PLACEHOLDERS = frozenset(
    (
        "0",
        "default string",
        "n/a",
        "none",
        "not applicable",
        "not available",
        "not specified",
        "o.e.m.",
        "oem",
        "system serial number",
        "unknown",
        "xxxxxxxx",
    )
)


def read_identity(root: str = "/") -> Dict[str, str]:
    """The identity of the machine below ``root``: ``serial_number`` and ``machine_id``.

    Either is empty when it cannot be read (the serial number needs root), is not set yet, or is a maker's placeholder.
    """
    serial = _first_line(os.path.join(root, "sys/class/dmi/id/product_serial"))
    machine = _first_line(os.path.join(root, "etc/machine-id"))
    return {
        "serial_number": without_placeholder(serial),
        "machine_id": "" if machine == "uninitialized" else machine,
    }


def without_placeholder(serial: str) -> str:
    """The serial number, empty when it is what makers leave there."""
    plain = serial.lower()
    is_placeholder = plain in _PLACEHOLDERS or plain.startswith("to be filled") or not plain.strip("0")
    return "" if is_placeholder else serial


def _first_line(path: str) -> str:
    try:
        with open(path, "rb") as file:
            text = file.read(4096).decode("utf-8", "backslashreplace")
    except OSError:
        return ""
    return text.split("\n", 1)[0].strip()
