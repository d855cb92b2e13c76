# SPDX-License-Identifier: Apache-2.0
"""
Look at minions when they say that something changed, at any rate of events.

One listener takes the hints off the bus at once; one worker looks at batches of minions, in the order they were named,
and is the only writer. Many hints about one minion are one look that begins after the last of them. When the engine
starts, it looks at every minion of the register: what happened while it was down was said to nobody.

.. code-block:: yaml

    engines:
      - zhengban: {}

What a batch came to is the event ``zhengban/looked``.
"""

import logging
import threading

import salt.utils.event

from saltext.zhengban.utils.hints import TAGS, Hints, minion_of
from saltext.zhengban.utils.office import OfficeDoor
from saltext.zhengban.utils.watch import Watch, plain

log = logging.getLogger(__name__)

__virtualname__ = "zhengban"

LOOKED_TAG = "zhengban/looked"


def __virtual__():
    return __virtualname__


def start(look_at_start=True, wait=30):
    """
    Listen until the master ends.

    look_at_start
        Whether to begin with a look at every minion of the register.
    wait
        Seconds to wait for another run that is being armed.
    """
    opts = __opts__  # noqa: F821
    hints = Hints()
    door = OfficeDoor(opts, wait_seconds=float(wait))
    with salt.utils.event.get_master_event(opts, opts["sock_dir"], listen=True) as bus:

        def say(looked):
            with salt.utils.event.get_master_event(opts, opts["sock_dir"], listen=False) as own:
                own.fire_event(plain(looked), LOOKED_TAG)

        watch = Watch(hints, door.open, say, look_at_all=look_at_start)
        worker = threading.Thread(target=_work, args=(watch,), daemon=True)
        worker.start()
        while worker.is_alive():
            event = bus.get_event(wait=1, tag=TAGS.pattern, match_type="regex", full=True, auto_reconnect=True)
            minion = minion_of(event["tag"]) if event else ""
            if minion:
                hints.add(minion)
    raise RuntimeError("the zhengban engine's worker has ended; the master starts both again")


def _work(watch):
    try:
        while True:
            watch.step(wait_seconds=1)
    except Exception:
        log.exception("zhengban: the engine's worker has failed")
        raise
