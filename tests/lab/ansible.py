# SPDX-License-Identifier: Apache-2.0
"""What Ansible's commands run in: our collection, and nothing of the machine's own ~/.ansible."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .workspace import REPOSITORY_ROOT


def ansible_environment_in(folder: Path) -> dict[str, str]:
    """The environment whose files of Ansible's own lie in ``folder``."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "ZHENGBAN_"))},
        "LC_ALL": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY_ROOT / "collections"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "ansible-tmp"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
    }
