# SPDX-License-Identifier: Apache-2.0
"""Frozen types and the error tree: what the other packages hand to each other."""
