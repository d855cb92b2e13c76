# SPDX-License-Identifier: Apache-2.0
"""What is decided about software: load it from text, check it, and say for whom it is. Source: DESIGN 2."""
