# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The argument specs of the action plugins, where a test finds them to compare with the documentation."""

from __future__ import annotations

WORKSPACE = {"workspace": {"type": "path"}}

# The findings a policy can have actions for.
ACTED_UPON = [
    "forbidden",
    "missing_required",
    "out_of_scope",
    "private_removal",
    "retired",
    "unlisted",
    "upgrade_due",
    "version_not_allowed",
]

COLLECT = dict(WORKSPACE)

PLAN = dict(
    WORKSPACE,
    mode={"type": "str", "choices": ["audit"]},
    only={"type": "list", "elements": "str", "choices": ACTED_UPON, "default": []},
)

DEPLOY = dict(
    WORKSPACE,
    install={"type": "list", "elements": "str", "default": []},
    upgrade={"type": "list", "elements": "str", "default": []},
    remove={"type": "list", "elements": "str", "default": []},
    notice={"type": "str", "default": ""},
)

MAINTAIN = dict(WORKSPACE, request={"type": "str", "required": True})

ARM = dict(WORKSPACE)

APPLY = dict(WORKSPACE)

GUARD = dict(WORKSPACE, state={"type": "str", "choices": ["present", "audit", "absent"], "default": "present"})

DOORS = dict(WORKSPACE, unguarded={"type": "bool", "default": False})

HEALTH = dict(
    WORKSPACE,
    healthy={"type": "bool", "required": True},
    reason={"type": "str", "default": ""},
)

RECOVER = dict(WORKSPACE)

RESTORE = dict(WORKSPACE, run={"type": "str", "required": True})

LEDGER_INFO = dict(
    WORKSPACE,
    computer={"type": "str", "default": ""},
    number={"type": "str", "default": ""},
    run={"type": "str", "default": ""},
    since={"type": "str", "default": ""},
    gather={
        "type": "list",
        "elements": "str",
        "choices": ["records", "installs", "pending"],
        "default": ["records", "installs", "pending"],
    },
)

SOFTWARE_INFO = {
    "known_digest": {"type": "str", "default": ""},
    "outside": {
        "type": "dict",
        "options": {
            "kinds": {
                "type": "list",
                "elements": "str",
                "choices": ["programs", "pip", "npm"],
                "required": True,
            },
            "seconds": {"type": "int", "default": 20},
        },
    },
}
