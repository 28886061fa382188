"""The store on the phone: closed when it says so, opened by its key alone, and nothing in it to read."""

import asyncio
import os
import random
import secrets
import sqlite3
import subprocess
import sys
import time

import doorstep_mobile
import pytest
from conftest import Handset
from doorstep_mobile import Answer, AnswerRow, Doorstep, OpenError, PhoneError, build_info
from forms import inspection, new_shop

PLANTED = ["王记肠粉", "花果山路88号", "后门堆满纸箱", "92440399MA9T00018G", "14200000001"]


def test_pause_closes_every_file_and_gives_every_lock_back(tmp_path):
    asyncio.run(a_pause(tmp_path))


async def a_pause(folder):
    hand = await Handset.fresh(folder, "a")
    phone = hand.phone
    assert open_files(hand.path), "the store is open"
    await phone.pause()
    await phone.pause()
    assert open_files(hand.path) == []
    with sqlite3.connect(hand.path, timeout=0) as other:
        other.execute("BEGIN EXCLUSIVE")
    other.close()
    with pytest.raises(PhoneError.NotOpen) as refused:
        await phone.today()
    assert refused.value.code() == "not_open"
    with pytest.raises(OpenError.WrongKey):
        await phone.resume(secrets.token_bytes(32))
    await phone.resume(hand.key)
    await phone.today()
    await phone.shut()
    assert open_files(hand.path) == []
    with pytest.raises(OpenError.NotOpen):
        await phone.resume(hand.key)


def open_files(path):
    """Descriptors of this process that lead to the store, its journal or its shared memory."""
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            to = os.readlink(f"/proc/self/fd/{descriptor}")
        except FileNotFoundError:
            continue
        found += [to] if to.startswith(str(path)) else []
    return found


def test_only_its_key_opens_a_store_and_the_key_can_be_turned(tmp_path):
    asyncio.run(a_key(tmp_path))


async def a_key(folder):
    hand = await Handset.fresh(folder, "a")
    with pytest.raises(OpenError.KeyLength):
        await Doorstep.open(str(hand.path), b"short", None)
    with pytest.raises(OpenError.WrongKey) as refused:
        await Doorstep.open(str(hand.path), secrets.token_bytes(32), None)
    assert refused.value.code() == "wrong_key" and refused.value.zh() == "密钥不对,无法打开本机数据"
    turned = secrets.token_bytes(32)
    await hand.phone.rotate_key(turned)
    await hand.phone.shut()
    with pytest.raises(OpenError.WrongKey):
        await Doorstep.open(str(hand.path), hand.key, None)
    again = await Doorstep.open(str(hand.path), turned, None)
    assert not await again.is_enrolled()


def test_what_the_store_wrote_tells_nothing(tmp_path, office):
    asyncio.run(a_scan(tmp_path, office))


async def a_scan(folder, office):
    lin = await Handset.enrolled(folder, "a", "lin", office)
    shop = (await lin.phone.submit(lin.caseload, new_shop("王记肠粉"))).subject
    await lin.sync()
    row = AnswerRow(code="EXIT-02", answer=Answer.PROBLEM, severity=3, note="后门堆满纸箱")
    await lin.phone.submit(lin.caseload, inspection(shop, row))
    await lin.phone.start(lin.caseload, inspection(shop, row))
    assert len(lin.files()) == 3, "the store, its log and its index of the log"
    assert planted(lin.files()) == []
    await lin.phone.pause()
    assert planted(lin.files()) == []
    # The same scan finds what is not sealed.
    control = folder / "control.doorstep"
    with sqlite3.connect(control) as plain:
        plain.execute("CREATE TABLE record (value BLOB)")
        plain.executemany("INSERT INTO record VALUES (?)", [(text.encode(),) for text in PLANTED])
    plain.close()
    assert planted([control]) == PLANTED


def planted(files):
    read = [file.read_bytes() for file in files]
    forms = {text: [text.encode(), text.encode("utf-16-le")] for text in PLANTED}
    return [text for text, coded in forms.items() if any(form in bytes_ for form in coded for bytes_ in read)]


def test_the_library_says_which_it_is():
    assert build_info().version == doorstep_mobile.__version__
    assert build_info().store == 1


def test_a_key_that_is_turned_while_the_host_is_killed_is_the_old_or_the_new(tmp_path):
    asyncio.run(turned_keys(tmp_path))


TURN = """
import asyncio, sys
from doorstep_mobile import Doorstep

async def main(path, key, turned):
    phone = await Doorstep.open(path, bytes.fromhex(key), None)
    print("turning", flush=True)
    await phone.rotate_key(bytes.fromhex(turned))
    print("turned", flush=True)
    await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


async def turned_keys(folder):
    hand = await Handset.fresh(folder, "a")
    await hand.phone.shut()
    old, chance = hand.key, random.Random(7)
    for _ in range(30):
        new = secrets.token_bytes(32)
        turning = [sys.executable, "-c", TURN, str(hand.path), old.hex(), new.hex()]
        # Not from here: the package beside these tests has not been built.
        running = subprocess.Popen(turning, cwd=folder, stdout=subprocess.PIPE, text=True)
        said = running.stdout.readline()
        assert said == "turning\n"
        time.sleep(chance.uniform(0, 0.005))
        running.kill()
        said += running.stdout.read()
        running.wait()
        running.stdout.close()
        opened = [key for key in (old, new) if await opens(hand.path, key)]
        assert len(opened) == 1, "exactly one of the two opens it"
        if "turned" in said:
            assert opened == [new], "what the library returned holds"
        [old] = opened


async def opens(path, key):
    try:
        phone = await Doorstep.open(str(path), key, None)
    except OpenError.WrongKey:
        return False
    await phone.shut()
    return True
