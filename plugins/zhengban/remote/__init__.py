# SPDX-License-Identifier: Apache-2.0
"""Connections to managed hosts by libraries of their own; the only part of the core that knows these."""
