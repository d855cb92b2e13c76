# SPDX-License-Identifier: Apache-2.0
"""The command line: arguments in, text or JSON out, exit codes. Source: DESIGN 9."""
