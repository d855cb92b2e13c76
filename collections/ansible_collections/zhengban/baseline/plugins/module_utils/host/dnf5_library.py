# SPDX-License-Identifier: Apache-2.0
"""The library of dnf 5, for ``dnf_program.py``. Source: libdnf5's API and source (5.4)."""

import fcntl
import os
import sys
import time
from typing import Any, Dict, List, Set, Tuple

LOCK_SECONDS = 120
LOCK = "/run/dnf/rpmtransaction.lock"


class Library:
    """dnf as it is configured here, without what would do more than is asked: plugins are made for its command line."""

    def __init__(self):
        import libdnf5
        import libdnf5.exception

        self.libdnf5 = libdnf5
        self.errors = (libdnf5.exception.Error, libdnf5.exception.NonLibdnf5Exception, RuntimeError)
        self.base: Any = None
        self.transaction: Any = None
        self._lock = -1

    def lock(self):
        """No transaction of somebody else's from here on; waits for one under way. Ours takes the same lock again."""
        os.makedirs(os.path.dirname(LOCK), exist_ok=True)
        deadline = time.time() + LOCK_SECONDS
        while self._lock < 0:
            descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Who is done removes the file: a lock on that one is none.
                if os.path.samestat(os.fstat(descriptor), os.stat(LOCK)):
                    self._lock = descriptor
                    return
            except FileNotFoundError:
                pass
            except OSError as err:
                if time.time() >= deadline:
                    raise ValueError("another transaction holds {}".format(LOCK)) from err
                time.sleep(1)
            os.close(descriptor)

    def open(self, with_repositories):
        """Read the database, and the package lists of the repositories."""
        self.base = self.libdnf5.base.Base()
        conf = self.base.get_config()
        self.base.load_config()
        conf.cachedir = conf.system_cachedir
        conf.install_weak_deps = False
        conf.clean_requirements_on_remove = False
        conf.assumeyes = True
        conf.plugins = False
        conf.cacheonly = "metadata"
        self.base.setup()
        sack = self.base.get_repo_sack()
        if with_repositories:
            sack.create_repos_from_system_configuration()
        sack.load_repos()

    def list_offers(self, names):
        """{name: [[version, arch]]} of what the repositories have for this machine's architecture, highest first."""
        found: Dict[str, List[Any]] = {name: [] for name in names}
        query = self._query("available")
        query.filter_name(names)
        query.filter_arch(["noarch", self._arch()])
        for package in query:
            offered = [package.get_evr(), package.get_arch()]
            if offered not in found[package.get_name()]:
                found[package.get_name()].append(offered)
        return found

    def resolve(self, comes, leaves):
        """Let dnf work out the transaction, as ``dnf_program.read_steps`` takes it; raises dnf's own errors."""
        goal = self.libdnf5.base.Goal(self.base)
        for name, version, arch in leaves:
            goal.add_rpm_remove(self._only("installed", name, version, (arch,)))
        for name, version, arch in comes:
            # A package may turn from one for all architectures into one for this, and back.
            offered = self._only("available", name, version, (arch, "noarch", self._arch()))
            there = self._query("installed")
            there.filter_name([name])
            if there.empty():
                goal.add_rpm_install(offered)
            else:
                goal.add_rpm_upgrade(offered)
        goal.set_allow_erasing(True)
        self.transaction = goal.resolve()
        if self.transaction.get_problems():
            raise ValueError("; ".join(self.transaction.get_resolve_logs_as_strings()) or "no solution")
        return list(self._items())

    def _items(self):
        meant = self.libdnf5.transaction
        kinds = {
            meant.TransactionItemAction_REPLACED: "gone",
            meant.TransactionItemAction_UPGRADE: "upgrade",
            meant.TransactionItemAction_DOWNGRADE: "upgrade",
            meant.TransactionItemAction_INSTALL: "install",
            meant.TransactionItemAction_REMOVE: "remove",
        }
        for item in self.transaction.get_transaction_packages():
            package = item.get_package()
            if item.get_action() in kinds:
                yield kinds[item.get_action()], (package.get_name(), package.get_evr(), package.get_arch())
            elif item.get_action() != meant.TransactionItemAction_REASON_CHANGE:
                action = meant.transaction_item_action_to_string(item.get_action())
                raise ValueError("dnf would {} {}".format(action.lower(), package.get_nevra()))

    def read_brings(self):
        """Pairs of a name that comes and one that it needs or recommends, both among what comes."""
        inbound = self.libdnf5.transaction.transaction_item_action_is_inbound
        items = self.transaction.get_transaction_packages()
        coming = [item.get_package() for item in items if inbound(item.get_action())]
        pairs: Set[Tuple[str, str]] = set()
        for package in coming:
            for wanted in (package.get_requires(), package.get_recommends()):
                providers = self.libdnf5.rpm.PackageQuery(self.base)
                providers.filter_provides(wanted)
                pairs.update(
                    (package.get_name(), other.get_name())
                    for other in coming
                    if other.get_name() != package.get_name() and providers.contains(other)
                )
        return [list(pair) for pair in sorted(pairs)]

    def carry_out(self):
        """Download, check signatures as dnf5 -y does, and run. Raises libdnf5's own errors, ValueError."""
        self.transaction.download()
        self.transaction.set_description("zhengban")
        result = self.transaction.run()
        # What rpm and the packages' scripts said.
        for text in (*self.transaction.get_rpm_messages(), self.transaction.get_last_script_output()):
            if text:
                sys.stdout.write("{}\n".format(text))
        if result != self.libdnf5.base.Transaction.TransactionRunResult_SUCCESS:
            said = [*self.transaction.get_transaction_problems(), *self.transaction.get_gpg_signature_problems()]
            text = self.transaction.transaction_result_to_string(result)
            raise ValueError(": ".join([text, "; ".join(said)]) if said else text)

    def close(self):
        """Let go of everything: the lock ends with the process, whose transaction may have released it before."""

    def _query(self, kind):
        query = self.libdnf5.rpm.PackageQuery(self.base)
        getattr(query, "filter_" + kind)()
        return query

    def _only(self, kind, name, version, arches):
        for arch in arches:
            query = self._query(kind)
            query.filter_name([name])
            query.filter_evr([version])
            query.filter_arch([arch])
            for package in query:
                return package
        raise ValueError("{} {} is not there".format(name, version))

    def _arch(self):
        return self.base.get_vars().get_value("arch")
