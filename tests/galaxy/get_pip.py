# SPDX-License-Identifier: Apache-2.0
"""Stand-in for the get-pip.py that ansible-test downloads, where only the package index can be reached.

It puts the pip that comes with Python into the new environment, and asks the index for what ansible-test asked for.
"""

import subprocess
import sys

wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
# In a process of its own: ensurepip hides the settings of pip from the second step.
subprocess.check_call([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL)
if wanted:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    sys.exit(subprocess.call(command + wanted))
