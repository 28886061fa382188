"""What the tests share."""

import secrets
import threading
from pathlib import Path

import pytest
from doorstep_mobile import Blocked, Budget, Doorstep, HttpTransport, Listener, Step
from office import Office


@pytest.fixture
def office(tmp_path: Path):
    """A furnished office whose server runs."""
    folder = tmp_path / "office"
    folder.mkdir()
    there = Office(folder)
    try:
        there.furnish()
        there.serve()
        yield there
    finally:
        there.stop()


class Handset:
    """A phone in somebody's hand."""

    def __init__(self, phone: Doorstep, path: Path, key: bytes, office: Office | None) -> None:
        self.phone, self.path, self.key, self.office = phone, path, key, office
        self.caseload = ""

    @classmethod
    async def fresh(cls, folder: Path, name: str, office: Office | None = None, uptime=None) -> "Handset":
        path, key = folder / f"{name}.doorstep", secrets.token_bytes(32)
        return cls(await Doorstep.open(str(path), key, uptime), path, key, office)

    @classmethod
    async def enrolled(cls, folder: Path, name: str, login: str, office: Office) -> "Handset":
        hand = await cls.fresh(folder, name, office)
        await hand.phone.enrol(hand.line(), office.code(login), name)
        await hand.sync()
        [caseload] = await hand.phone.caseloads()
        hand.caseload = caseload.id
        return hand

    def line(self) -> HttpTransport:
        return HttpTransport(self.office.base)

    async def sync(self, transport=None) -> Step:
        """Steps until there is nothing more to do; the last one's outcome."""
        await self.phone.retry_now()
        while True:
            step = await self.phone.sync_step(transport or self.line(), Budget(), None)
            if not step.is_MORE():
                return step

    async def blocked(self, transport=None) -> Blocked:
        step = await self.sync(transport)
        assert step.is_BLOCKED(), step
        return step.why

    def files(self) -> list[Path]:
        """Every file that the store wrote."""
        return sorted(self.path.parent.glob(self.path.name + "*"))


class Heard(Listener):
    """Hears that there is something to read."""

    def __init__(self):
        self.told = threading.Event()

    def read_again(self):
        self.told.set()
