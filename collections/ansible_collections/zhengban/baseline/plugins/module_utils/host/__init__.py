# SPDX-License-Identifier: Apache-2.0
"""Host code: what runs on a managed host, and what controller and host must decide alike.

Standard library only, Python 3.6 syntax, plain dicts, lists and strings in and out, nothing of ours imported
from outside this package. The wheel ships the same files as ``zhengban.host``.
"""
