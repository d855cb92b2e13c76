# SPDX-License-Identifier: Apache-2.0
"""One run over one workspace: the steps every front end calls (read, plan, arm, apply, settle).

Ansible actions, the Salt runner and the command line hand in a :class:`~zhengban.run.host.Host` and get values back.
"""
