# SPDX-License-Identifier: Apache-2.0
"""Windows hosts, asked and changed through native command lines alone. Source: DESIGN 9."""
