# SPDX-License-Identifier: Apache-2.0
"""
The baseline on a fleet of minions: audit, enforce, deploy, maintain, guard, recover, report.

The master decides and writes; minions answer. Configuration of the master, in ``master.d/zhengban.conf``:

.. code-block:: yaml

    zhengban:
      workspace: /srv/office      # required
      timeout_seconds: 15         # a minion that is silent for so long, and not at work, is unread
      batch: 20                   # minions that are asked or changed side by side
      winrm: /etc/zhengban/winrm.yml    # how Windows computers without a minion are reached

``tgt`` is a text of minion ids, computer numbers and patterns over them, with commas, or a list of names. Nothing else
selects: grains are what a minion says about itself. Every function returns
``{retcode, run, test, refused, unknown, computers}``; ``computers`` maps a number to ``{minion, state, reason, verdict,
hash, lines, settled, records}``, with ``details=True`` also the findings, plan, outcomes and records in full.
``retcode`` is salt-run's exit code: 0 all is well, 1 something was found, unread, unknown or cannot be planned, 2 wrong
input, 3 something was refused, failed or stays open. Wrong input returns ``{retcode, errors}``.

Every answer has to carry the machine id and serial number that the register has: another machine's changes nothing and
is never recorded. By itself Salt does not show who answered: root on any accepted minion can put an event on the
master's bus that looks like the return of another one (and Salt 3008 files a return under the ``resource_id`` in it),
and sees job ids and orders, with the identities in them, on the way to others. It can so speak for another computer
until that one is asked again, but change nothing on it: what a minion carries out, it got from the master.
"""

from saltext.zhengban.utils.guards import guards_answer
from saltext.zhengban.utils.look import answer_of
from saltext.zhengban.utils.office import Office
from saltext.zhengban.utils.targets import select_targets
from zhengban.model.errors import InputError, Refused, ZhengbanError
from zhengban.plan import Deployment
from zhengban.run.guarding import STATES
from zhengban.run.requests import request_computer


def audit(tgt="*", test=False, details=False, wait=0, workspace=None):
    """
    Read, judge and plan computers; nothing on them changes. What an earlier run left open is settled first.

    Outside ``test=True`` the master keeps facts, plans and first detections.

    CLI Example:

    .. code-block:: bash

        salt-run zhengban.audit
        salt-run zhengban.audit 'PC-0007,srv-*' test=True --out=json
    """
    return _run(tgt, wait, workspace, lambda fleet, targets: fleet.audit(targets, test=test), details, is_audit=True)


def enforce(tgt="*", test=False, details=False, wait=0, workspace=None):
    """
    Plan computers, arm the run once, and carry it out where the policy enforces. With ``test=True``, show the same
    plans and hashes, and write nothing.

    wait
        Seconds to wait for another run that is being armed, instead of being refused at once.

    CLI Example:

    .. code-block:: bash

        salt-run zhengban.enforce test=True
        salt-run zhengban.enforce pc-0007.office.local
    """
    return _run(tgt, wait, workspace, lambda fleet, targets: fleet.enforce(targets, test=test), details)


def deploy(tgt="*", install=(), upgrade=(), remove=(), notice="", test=False, details=False, wait=0, workspace=None):
    """
    A unified deployment: install, upgrade or remove software numbers on computers, whatever they are audited for.

    install, upgrade, remove
        Software numbers, or packages as ``manager:name``, as a list or a text with commas.
    notice
        The notice the deployment rests on.

    CLI Example:

    .. code-block:: bash

        salt-run zhengban.deploy 'PC-*' install=FREE-0002 notice=2026-031 test=True
    """
    order = Deployment(
        install=_names(install),
        upgrade=_names(upgrade),
        remove=_names(remove),
        notice="" if notice is None else str(notice),
    )
    return _run(
        tgt, wait, workspace, lambda fleet, targets: fleet.enforce(targets, test=test, deployment=order), details
    )


def maintain(request, test=False, details=False, wait=0, workspace=None):
    """
    Carry out what an approved request asks for, once, on its computer and on no other, whatever the policy's mode is.

    request
        The id of the request.

    CLI Example:

    .. code-block:: bash

        salt-run zhengban.maintain REQ-2026-a3f01c-0001 test=True
    """
    name = str(request)
    return _run(
        None,
        wait,
        workspace,
        lambda fleet, targets: fleet.enforce(targets, test=test, request=name),
        details,
        request=name,
    )


def recover(tgt="*", test=False, details=False, workspace=None):
    """
    Settle what runs that were cut off have left open, by asking only the minions concerned.

    CLI Example:

    .. code-block:: bash

        salt-run zhengban.recover
    """
    return _run(tgt, 0, workspace, lambda fleet, targets: fleet.recover(targets, test=test), details)


def guard(tgt="*", ensure="present", test=False, workspace=None):
    """
    Shut the doors between runs: compile a table for each computer and order its minion to keep it. Run it again when
    the policy, the register or the ledger has moved; what is as it should be stays as it is.

    ``computers`` maps a number to ``{minion, state, reason, mode, changes, doors}``. The table travels in the job and
    through nothing else; the state ``zhengban.guarded`` keeps it on the minion.

    ensure
        ``present`` guards in the policy's mode, ``audit`` only records, ``absent`` takes the guard away.

    CLI Example:

    .. code-block:: bash

        salt-run zhengban.guard test=True
        salt-run zhengban.guard 'PC-0007,srv-*' ensure=audit
    """
    if ensure not in STATES:
        return {"retcode": 2, "errors": [f"ensure is {ensure!r}; it can be {', '.join(STATES)}"]}

    def order(office, targets):
        looks = office.fleet().guard(targets, state=ensure, test=test)
        return guards_answer(looks, test=test, unknown=targets.unknown)

    return _answer(tgt, 0, workspace, order)


def report(tgt="*", details=False, workspace=None):
    """
    Judge computers by the facts last kept, asking none of them; one without facts is unread.

    CLI Example:

    .. code-block:: bash

        salt-run zhengban.report --out=json
    """
    return _run(tgt, 0, workspace, lambda fleet, targets: fleet.report(targets), details, is_audit=True)


def _run(tgt, wait, workspace, work, details, is_audit=False, request=None):
    def order(office, targets):
        return answer_of(work(office.fleet(), targets), is_audit=is_audit, details=details)

    return _answer(tgt, wait, workspace, order, request)


def _answer(tgt, wait, workspace, order, request=None):
    try:
        office = Office(__opts__, workspace=workspace, wait_seconds=float(wait))  # noqa: F821
        if request is not None:
            tgt = [request_computer(office.workspace, request)]
        targets = select_targets(
            office.workspace.register, tgt, accepted=office.accepted(), over_winrm=office.over_winrm()
        )
        return order(office, targets)
    except InputError as err:
        return {"retcode": 2, "errors": [str(problem) for problem in err.problems]}
    except Refused as err:
        return {"retcode": 3, "errors": list(err.reasons)}
    except ZhengbanError as err:
        return {"retcode": 2, "errors": str(err).split("\n")}


def _names(given):
    names = given.split(",") if isinstance(given, str) else given
    return tuple(str(name).strip() for name in names if str(name).strip())
