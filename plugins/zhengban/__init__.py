# SPDX-License-Identifier: Apache-2.0
"""zhengban: approved software only, and a software ledger that stays true.

Data flows one way: facts -> judge -> plan -> arm -> apply -> ledger -> report.
Nothing below this package imports Ansible or Salt; the front ends call it.
"""
