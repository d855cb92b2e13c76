# SPDX-License-Identifier: Apache-2.0
"""A workspace of the example organisation whose computers are hosts of a lab. Source: DESIGN 2."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .hosts import Host, Lab

REPOSITORY_ROOT = Path(__file__).parents[2]


def copy_example(target: Path) -> Path:
    """Copy policies/example and inventories/example into the places a workspace has; returns ``target``.

    Raises:
        FileExistsError: ``target`` already holds policies or inventories.
    """
    for name in ("policies", "inventories"):
        shutil.copytree(REPOSITORY_ROOT / name / "example", target / name)
    return target


def assemble_workspace(target: Path, *, lab: Lab, computers: Mapping[str, Host], keep_others: bool = False) -> Path:
    """Copy the example and adopt ``computers`` (number -> host) into its register; returns ``target``.

    Each computer gets its host's machine id and address; a number that the example does not have becomes a
    desktop like the example's first one. The example's other computers leave the register unless
    ``keep_others``. The ssh options of the lab go to ``inventories/group_vars/all.yml``.
    """
    copy_example(target)
    register = target / "inventories" / "register" / "computers.yml"
    known = {entry["number"]: entry for entry in read_register(register)["computers"]}
    template = next(entry for entry in known.values() if entry["kind"] == "desktop" and "user" in entry)
    adopted = {
        number: _adopt(known.get(number) or _another(template, number), host) for number, host in computers.items()
    }
    entries = known | adopted if keep_others else adopted
    write_register(register, {"computers": [entries[number] for number in sorted(entries)]})
    write_connection(target, lab)
    return target


def write_connection(workspace: Path, lab: Lab) -> Path:
    """Write the lab's ssh options as group variables of all hosts; returns the file."""
    path = workspace / "inventories" / "group_vars" / "all.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(lab.ssh_variables(), allow_unicode=True, width=1000), encoding="utf-8")
    return path


def read_register(path: Path) -> dict[str, Any]:
    """A register file with every scalar as text, as the product reads it."""
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return document


def write_register(path: Path, document: Mapping[str, Any]) -> None:
    """Write a register file; texts that look like numbers or dates are quoted."""
    text = yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False, width=1000)
    path.write_text(text, encoding="utf-8")


def _adopt(entry: Mapping[str, Any], host: Host) -> dict[str, Any]:
    # The serial number stays empty: a lab host has none to give.
    return {
        **entry,
        "status": "in_use",
        "identity": {"serial_number": "", "machine_id": host.machine_id},
        "vars": {"ansible_host": host.name},
    }


def _another(template: Mapping[str, Any], number: str) -> dict[str, Any]:
    entry = {key: template[key] for key in ("brand", "kind", "user") if key in template}
    return {"number": number, "names": {"ansible": number.lower()}, **entry}
