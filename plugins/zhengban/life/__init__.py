# SPDX-License-Identifier: Apache-2.0
"""What people state: adoption, corrections, and the life of computers, people, departments and licences.

No host is changed by it; a record says who attests it.
"""
