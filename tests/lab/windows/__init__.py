# SPDX-License-Identifier: Apache-2.0
"""A lab of Windows-like hosts: Wine's registry, reg.exe and msiexec.exe behind a WinRM endpoint of our own.

What it proves and what it does not is in tests/lab/README.md. Only the standard library, and Debian's packages.
"""
