# SPDX-License-Identifier: Apache-2.0
"""What runner and engine share on the master: the minions as hosts of the core, and the steps of one run."""
