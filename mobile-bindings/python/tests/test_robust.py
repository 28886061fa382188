"""The library under a host that cancels, stalls, fails and is killed."""

import asyncio
import gc
import json
import os
import random
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import Handset, Heard
from doorstep_mobile import Budget, Cancel, Doorstep, HostUptime, PhoneError, Transport
from forms import blocked_exit, inspection, new_shop

KILLS = int(os.environ.get("DOORSTEP_KILLS", "100"))
SHOPS = int(os.environ.get("DOORSTEP_SHOPS") or (10_000 if os.environ.get("DOORSTEP_TEST_LONG") else 500))


def test_a_killed_host_loses_nothing_that_was_finished(tmp_path, office):
    asyncio.run(kills(tmp_path, office))


async def kills(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    await lin.phone.shut()
    chance, kept, finished = random.Random(7), set(), set()
    for _ in range(KILLS):
        said = killed(lin, chance)
        kept |= {word for what, word in said if what == "kept"}
        finished |= {word for what, word in said if what == "finished"}
    assert len(finished) > KILLS / 4, "the host got somewhere before it was killed"
    again = await reopened(lin)
    receipts = {receipt.submission for receipt in await again.phone.receipts(lin.caseload)}
    drafts = {draft.id for draft in await again.phone.drafts()}
    assert finished <= receipts, "what was finished is in the outbox"
    assert kept <= receipts | drafts, "what was kept is a draft, or was finished"
    assert receipts.isdisjoint(drafts), "and never both"
    while not (await again.sync()).is_IDLE():
        pass
    stages = [receipt.stage for receipt in await again.phone.receipts(lin.caseload)]
    assert all(not (stage.is_PENDING() or stage.is_STORED() or stage.is_HELD()) for stage in stages)
    assert len(await again.phone.shops(lin.caseload)) == len(receipts), "each once"


def killed(hand, chance):
    """Starts a host, lets it say a few things, kills it without warning a moment later; what it said."""
    host = [sys.executable, str(Path(__file__).parent / "host.py")]
    arguments = [str(hand.path), hand.key.hex(), hand.caseload, hand.office.base]
    running = subprocess.Popen([*host, *arguments], stdout=subprocess.PIPE, text=True)
    said = [running.stdout.readline() for _ in range(chance.randrange(1, 8))]
    # A moment that is nobody's boundary: somewhere within the next form, or while it syncs.
    time.sleep(chance.uniform(0, 0.03))
    running.kill()
    running.wait()
    said += running.stdout.readlines()
    running.stdout.close()
    return [tuple(line.split()) for line in said if line.endswith("\n")]


async def reopened(hand):
    again = Handset(await Doorstep.open(str(hand.path), hand.key, None), hand.path, hand.key, hand.office)
    again.caseload = hand.caseload
    return again


def test_an_exchange_goes_on_in_another_process(tmp_path, office):
    asyncio.run(layer_0(tmp_path, office))


async def layer_0(folder, office):
    """As a background transfer of the platform does it: the app is gone while the bytes are on their way."""
    lin = await Handset.enrolled(folder, "a", "lin", office)
    made = await lin.phone.submit(lin.caseload, new_shop("王记肠粉"))
    step = None
    while step is None or step.is_MORE():
        request = lin.phone.background().next_request()
        await lin.phone.shut()
        answer = lin.line().post(request, 30)
        lin = await reopened(lin)
        step = lin.phone.background().on_response(answer.status, answer.body)
    assert step.is_IDLE()
    assert (await lin.phone.receipt(made.submission)).stage.is_MERGED()
    # An answer that is given twice, or to nothing, changes nothing.
    assert lin.phone.background().on_response(answer.status, answer.body).why.is_OFFLINE()
    assert lin.phone.background().next_request() is None, "it backs off"
    await lin.phone.retry_now()
    assert (await lin.sync()).is_IDLE()


def test_who_waits_is_told_that_there_is_something_to_fetch(tmp_path, office):
    asyncio.run(hints(tmp_path, office))


async def hints(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    chen = await Handset.enrolled(folder, "b", "chen", office)
    stranger = await Handset.fresh(folder, "c")
    assert await stranger.phone.hint_request() is None, "it has no token"
    asked = await chen.phone.hint_request()
    wanted = urllib.request.Request(office.base + asked.path, headers={"Authorization": asked.authorization})
    with urllib.request.urlopen(wanted, timeout=30) as stream:
        stood = news(stream)
        await lin.phone.submit(lin.caseload, new_shop("王记肠粉"))
        assert (await lin.sync()).is_IDLE()
        heard = news(stream)
    assert heard["caseload"] == stood["caseload"] == chen.caseload and heard["seq"] > stood["seq"]
    assert (await chen.sync()).is_IDLE()
    assert len(await chen.phone.shops(chen.caseload)) == 1


def news(stream):
    """What the next event of news says."""
    for line in stream:
        if line.startswith(b"data:"):
            return json.loads(line.removeprefix(b"data:"))
    raise AssertionError("the stream ended")


def test_a_step_can_be_cancelled_anywhere(tmp_path, office):
    asyncio.run(cancels(tmp_path, office))


async def cancels(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    made = []
    for stop in (*range(12), 20, 40, 80, 160, 320):
        made.append((await lin.phone.submit(lin.caseload, new_shop(f"店{stop}", f"U-{stop}", ""))).submission)
        await lin.phone.retry_now()
        step = asyncio.create_task(lin.phone.sync_step(Slow(lin.line()), Budget(), None))
        for _ in range(stop):
            await asyncio.sleep(0 if stop < 12 else 0.001)
        step.cancel()
        await asyncio.wait([step])
        # Usable at once, and not busy.
        assert len(await lin.phone.receipts(lin.caseload)) == len(made)
    while not (await lin.sync()).is_IDLE():
        pass
    assert len(await lin.phone.shops(lin.caseload)) == len(made)
    assert await lin.phone.pending() == []
    assert await lin.phone.repairs() == 0


def test_a_cancelled_or_stalled_exchange_ends(tmp_path, office):
    asyncio.run(stalls(tmp_path, office))


async def stalls(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    for ended in ("cancelled", "deadline"):
        stalled, cancel = Stalled(), Cancel()
        budget = Budget(deadline_ms=600_000 if ended == "cancelled" else 50)
        step = asyncio.create_task(lin.phone.sync_step(stalled, budget, cancel))
        await stalled.asked.wait()
        busy = await lin.phone.sync_step(lin.line(), Budget(), None)
        if not step.done():
            assert busy.is_BLOCKED() and busy.why.is_BUSY()
        if ended == "cancelled":
            cancel.cancel()
            assert (await step).is_CANCELLED()
            assert await lin.phone.backs_off_until() is None, "a cancelled step is no failure"
        else:
            outcome = await step
            assert outcome.is_BLOCKED() and outcome.why.is_OFFLINE()
            assert await lin.phone.backs_off_until() is not None
        await asyncio.wait_for(stalled.gone.wait(), 30)
    assert (await lin.sync()).is_IDLE()


def test_a_panic_is_an_error_and_the_library_goes_on(tmp_path, office, capfd):
    asyncio.run(a_panic(tmp_path, office))


async def a_panic(folder, office):
    uptime = Uptime()
    hand = await Handset.fresh(folder, "a", office, uptime)
    await hand.phone.enrol(hand.line(), office.code("lin"), "a")
    await hand.sync()
    [caseload] = await hand.phone.caseloads()
    # A host's own clock throws in the middle of a call, while the phone is locked: Rust unwinds.
    uptime.broken = True
    with pytest.raises(PhoneError.Fault) as refused:
        await hand.phone.lease()
    assert refused.value.code() == "fault" and refused.value.zh()
    with pytest.raises(PhoneError.Fault):
        hand.phone.background().lease()
    uptime.broken = False
    assert not (await hand.phone.lease()).locked
    shop = (await hand.phone.submit(caseload.id, new_shop("王记肠粉"))).subject
    await hand.phone.submit(caseload.id, inspection(shop, blocked_exit()))
    assert (await hand.sync()).is_IDLE()
    with pytest.raises(PhoneError.BadId):
        await hand.phone.shop("no id")


ENDS = """
import asyncio, sys
from doorstep_mobile import Doorstep

# No thread gets a turn before this one waits: whoever brought the last answer is still there at the end.
sys.setswitchinterval(60)

async def main(path):
    phone = await Doorstep.open(path, bytes(32), None)
    assert not await phone.is_enrolled()

asyncio.run(main(*sys.argv[1:]))
"""


def test_a_program_may_end_with_its_last_call(tmp_path):
    ends = [sys.executable, "-c", ENDS, str(tmp_path / "a")]
    ended = subprocess.run(ends, cwd=tmp_path, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_listener_is_told_until_its_subscription_is_dropped(tmp_path):
    asyncio.run(listeners(tmp_path))


async def listeners(folder):
    hand = await Handset.fresh(folder, "a")
    gone, stays = Heard(), Heard()
    dropped, kept = hand.phone.subscribe(gone), hand.phone.subscribe(stays)
    await hand.phone.retry_now()
    for heard in (gone, stays):
        assert await asyncio.to_thread(heard.told.wait, 30)
        heard.told.clear()
    del dropped
    gc.collect()
    await hand.phone.retry_now()
    # Told in the order in which they subscribed: when the second is, the first would have been.
    assert await asyncio.to_thread(stays.told.wait, 30)
    assert not gone.told.is_set()
    kept.cancel()


def test_a_large_caseload_does_not_hold_up_the_caller(tmp_path, office):
    asyncio.run(a_large_caseload(tmp_path, office))


async def a_large_caseload(folder, office):
    office.run("generate", "--seed", "7", "--premises", str(SHOPS), "--out", "shops.csv")
    office.run("import", "premises", "shops.csv", "--as", "mei")
    lin = await Handset.enrolled(folder, "a", "lin", office)
    [caseload] = await lin.phone.caseloads()
    assert caseload.files == SHOPS
    await lin.phone.pause()
    assert await turns(lin.phone.resume(lin.key)) > 1
    asked = (await lin.phone.shops(caseload.id))[SHOPS // 2].name
    assert await turns(lin.phone.search(asked, 50)) > 1
    assert asked in {found.name for found in await lin.phone.search(asked, 50)}


async def turns(call):
    """How often the caller's loop went round while a call was under way."""
    task, count = asyncio.ensure_future(call), 0
    while not task.done():
        await asyncio.sleep(0)
        count += 1
    await task
    return count


class Slow(Transport):
    """A link that takes several turns of the loop, before and after."""

    def __init__(self, line):
        self.line = line

    async def send(self, request, deadline_ms):
        for _ in range(3):
            await asyncio.sleep(0)
        answer = await self.line.send(request, deadline_ms)
        for _ in range(3):
            await asyncio.sleep(0)
        return answer


class Stalled(Transport):
    """A link on which nothing ever comes back."""

    def __init__(self):
        self.asked, self.gone = asyncio.Event(), asyncio.Event()

    async def send(self, request, deadline_ms):
        self.asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.gone.set()


class Uptime(HostUptime):
    """A platform's clock that can break."""

    broken = False

    def start(self):
        return 1

    def running_ms(self):
        if self.broken:
            raise RuntimeError("the platform's clock broke")
        return 1
