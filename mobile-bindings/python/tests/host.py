"""A host that is killed: fills in forms and syncs for ever, and says what it has been promised.

`python host.py STORE KEY CASELOAD BASE` prints `kept ID` after a draft was kept and `finished ID` after a form was
finished, each only when the library has returned.
"""

import asyncio
import sys

from doorstep_mobile import Budget, Doorstep, HttpTransport
from forms import new_shop


async def main(path, key, caseload, base):
    phone = await Doorstep.open(path, bytes.fromhex(key), None)
    line, syncing = HttpTransport(base), None
    for number in range(1_000_000):
        draft = await phone.start(caseload, new_shop(""))
        say("kept", draft)
        await phone.save(draft, new_shop(f"店{draft[-6:]}", unit_code=draft[-6:], phone=""))
        await phone.finish(draft)
        say("finished", draft)
        if syncing is None or syncing.done():
            await phone.retry_now()
            syncing = asyncio.create_task(phone.sync_step(line, Budget(upload_bytes=2048), None))
        await asyncio.sleep(0)


def say(what, which):
    sys.stdout.write(f"{what} {which}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
