# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values as they are without Ansible's marks."""

from __future__ import annotations

import json


def untagged(value):
    """Lists, dicts and texts that Ansible has marked (unsafe texts before 2.19, tags since), as plain ones."""
    return json.loads(json.dumps(value))
