# SPDX-License-Identifier: Apache-2.0
"""Who may import whom. Source: DESIGN 1 (dependency direction, where host code lives), STYLE 10 and 12."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "plugins" / "zhengban"
COLLECTION = ROOT / "collections" / "ansible_collections" / "zhengban" / "baseline"
EXTENSION = ROOT / "plugins" / "saltext" / "zhengban"
HOST = COLLECTION / "plugins" / "module_utils" / "host"

_ORDER = (
    "model",
    "documents",
    "register",
    "policy",
    "approval",
    "licence",
    "guard",
    "judge",
    "plan",
    "windows",
    "remote",
    "ledger",
    "derive",
    "forms",
    "run",
    "papers",
    "life",
    "intake",
    "report",
    "desk",
    "cli",
)
MAY_IMPORT = {package: {"host", *_ORDER[:place]} for place, package in enumerate(_ORDER)} | {
    # Types and the loader know nothing of hosts.
    "model": set(),
    "documents": {"model"},
}
"""Package of the core -> the packages of ours it may import: those data has passed before, and the host code."""

PURE = ("model", "approval", "judge", "guard", "licence", "plan", "derive")
NOT_PURE = {
    "os",
    "io",
    "subprocess",
    "socket",
    "time",
    "random",
    "secrets",
    "tempfile",
    "shutil",
    "threading",
    "logging",
}
# What one package alone needs, and an extra brings.
OF_ONE_PACKAGE = {"remote": {"requests", "winrm"}, "windows": {"lxml"}}
CORE_LIBRARIES = {
    "yaml",
    "jsonschema",
    "referencing",
    "msgspec",
    "rfc8785",
    "typer",
    "click",
    "rich",
    "xlsxwriter",
    "python_calamine",
}
STANDARD_LIBRARY = frozenset(sys.stdlib_module_names)
MAX_LINES = 300


def imported_modules(path: Path, package: str) -> Iterator[tuple[int, str]]:
    """(line, absolute module) of every import in ``path``, relative ones resolved against ``package``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base]) if base else ".".join(parents)
            if base == "zhengban":
                for alias in node.names:
                    yield node.lineno, f"zhengban.{alias.name}"
            else:
                yield node.lineno, base


def core_imports() -> list[tuple[str, str, str, str]]:
    """(where, package, module, top-level name) of every import in the core."""
    found = []
    for path in sorted(CORE.rglob("*.py")):
        relative = path.relative_to(CORE)
        dotted = ".".join(["zhengban", *relative.parts[:-1]])
        own = relative.parts[0] if len(relative.parts) > 1 else ""
        for line, module in imported_modules(path, dotted):
            found.append((f"{path.relative_to(ROOT)}:{line}", own, module, module.split(".")[0]))
    return found


def test_the_scan_sees_imports() -> None:
    modules = {module for _, _, module, _ in core_imports()}
    assert {"msgspec", "yaml", "zhengban.model.policy"} <= modules
    assert any(module.startswith("zhengban.host") for module in modules)


def test_core_packages_import_only_downwards() -> None:
    wrong = []
    for where, own, module, top in core_imports():
        target = module.split(".")[1] if top == "zhengban" and "." in module else ""
        if own and target and target != own and target not in MAY_IMPORT[own]:
            wrong.append(f"{where}: {own} imports {module}")
    assert wrong == []


def test_core_imports_neither_ansible_nor_salt_nor_unknown_libraries() -> None:
    allowed = STANDARD_LIBRARY | CORE_LIBRARIES | {"zhengban"}
    wrong = [
        f"{where}: {module}"
        for where, own, module, top in core_imports()
        if top not in allowed | OF_ONE_PACKAGE.get(own, set())
    ]
    assert wrong == []


def test_pure_packages_read_no_clock_file_or_process() -> None:
    wrong = [f"{where}: {module}" for where, own, module, top in core_imports() if own in PURE and top in NOT_PURE]
    assert wrong == []


def test_who_starts_threads_has_prepared_for_them() -> None:
    """msgspec ends the process otherwise: see ``run/threads.py``."""
    starts = {
        f"{path.parent.name}/{path.name}": text
        for top in (CORE, EXTENSION)
        for path in sorted(top.rglob("*.py"))
        if "threading.Thread(" in (text := path.read_text(encoding="utf-8")) or "ThreadPoolExecutor(" in text
    }
    opens_an_office_first = {"engines/zhengban.py", "utils/fleet.py"}
    assert len(starts) == 1 + len(opens_an_office_first)
    for name, text in starts.items():
        assert "prepare_for_threads()" in text or name in opens_an_office_first, name
    assert "prepare_for_threads()" in (EXTENSION / "utils" / "office.py").read_text(encoding="utf-8")


def test_host_code_imports_only_the_standard_library_and_itself() -> None:
    wrong, relative = [], 0
    for path in sorted(HOST.glob("*.py")):
        for line, module in imported_modules(path, "zhengban.host"):
            top = module.split(".")[0]
            relative += top == "zhengban"
            if (path.name, top) in (("dnf4_library.py", "dnf"), ("dnf5_library.py", "libdnf5")):
                # Run under the Python that has the library.
                continue
            if not module.startswith("zhengban.host") and top not in STANDARD_LIBRARY:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {module}")
    assert wrong == []
    assert relative > 0


def test_distribution_names_every_package_of_the_core() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    folders = {path.parent.relative_to(CORE).parts for path in CORE.rglob("__init__.py")}
    salt = {path.parent.relative_to(EXTENSION.parent).parts for path in EXTENSION.rglob("__init__.py")}
    assert set(listed) == {".".join(["zhengban", *parts]) for parts in folders} | {"zhengban.host"} | {
        ".".join(["saltext", *parts]) for parts in salt
    }


def test_what_minions_load_imports_only_salt_and_the_host_code() -> None:
    found = {
        (path.parent.name, module.split(".")[0] if module.split(".")[0] != "zhengban" else module)
        for path in (EXTENSION / "modules" / "zhengban.py", EXTENSION / "beacons" / "zhengban.py")
        for _line, module in imported_modules(path, "saltext.zhengban")
    }
    assert {module for _kind, module in found} - STANDARD_LIBRARY <= {"salt", "zhengban_host"} | {
        module for _kind, module in found if module.startswith("zhengban.host")
    }
    assert ("modules", "zhengban_host") in found and ("beacons", "zhengban_host") in found


def test_only_the_extension_and_nothing_of_the_core_knows_salt() -> None:
    tops = {
        module.split(".")[0]
        for path in sorted(EXTENSION.rglob("*.py"))
        for _line, module in imported_modules(path, "saltext.zhengban.x")
    }
    assert tops - STANDARD_LIBRARY <= {"salt", "saltext", "zhengban", "zhengban_host", "msgspec"}


def test_every_python_package_of_the_core_is_in_the_direction_table() -> None:
    folders = {path.parent.name for path in CORE.glob("*/__init__.py")}
    assert folders == set(MAY_IMPORT)


PYTHON_FILES = sorted(
    path.relative_to(ROOT)
    for top in ("plugins", "collections", "tests")
    for path in (ROOT / top).rglob("*.py")
    if "output" not in path.parts
)


@pytest.mark.parametrize("path", PYTHON_FILES, ids=str)
def test_file_has_its_licence_and_a_readable_length(path: Path) -> None:
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    head = "\n".join(lines[:4])
    imports_ansible = any(name.split(".")[0] == "ansible" for _, name in imported_modules(ROOT / path, "x.y"))
    in_collection = (ROOT / path).is_relative_to(COLLECTION) and not (ROOT / path).is_relative_to(HOST)
    if imports_ansible:
        # ansible-test wants this sentence in modules; elsewhere the SPDX line says the same.
        assert "SPDX-License-Identifier: GPL-3.0-or-later" in head or "GNU General Public License v3.0+" in head
    elif in_collection:
        assert "SPDX-License-Identifier: " in head or "GNU General Public License v3.0+" in head
    else:
        assert "SPDX-License-Identifier: Apache-2.0" in head
    if path.parts[0] != "tests":
        assert len(lines) <= MAX_LINES
