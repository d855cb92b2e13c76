# SPDX-License-Identifier: Apache-2.0
"""Organisation, departments, people and computers: load and check them from text. Source: DESIGN 2."""
