# SPDX-License-Identifier: Apache-2.0
"""The controller's part of the guard: what a host has to know to decide on its own. Source: DESIGN 10."""
