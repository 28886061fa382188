"""A real `doorstep serve` on a data directory of its own, and the people at its consoles."""

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

PASSWORD = "offices have doors"


def program() -> str:
    """The server's program, which the build script names."""
    named = os.environ.get("DOORSTEP_PROGRAM")
    if not named:
        raise RuntimeError("DOORSTEP_PROGRAM has to name the doorstep program: run mobile-bindings/build --test")
    return named


class Office:
    """Somebody who types commands in an empty directory; and the server, once it runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
        self.environment = {**clean, "DOORSTEP_LANG": "en"}
        self.process: subprocess.Popen[str] | None = None
        self.base = ""

    def run(self, *arguments: str, typed: str = "") -> str:
        done = subprocess.run(
            [program(), *arguments], cwd=self.folder, env=self.environment, input=typed, capture_output=True, text=True
        )
        assert done.returncode == 0, f"doorstep {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def furnish(self) -> None:
        """One caseload with two workers, its office, and the fire service's desk."""
        self.run("admin", "caseload", "add", "HGS", "--name", "花果山商铺", "--owner", "招商街道",
                 "--operator", "邻里社工", "--from", "2026-01-01", "--to", "2099-12-31")  # fmt: skip
        self.run("admin", "desk", "add", "FIRE", "--name", "消防窗口")
        people = [("lin", "worker", "HGS"), ("chen", "worker", "HGS"), ("mei", "supervisor", "HGS"),
                  ("he", "dispatcher", "HGS"), ("zhao", "officer", "FIRE")]  # fmt: skip
        for login, role, place in people:
            console = ["--password-stdin"] if role != "worker" else []
            self.run("admin", "person", "add", login, "--name", login, "--role", role, *console, typed=PASSWORD)
            self.run("admin", "assign", login, place)

    def code(self, login: str) -> str:
        said = self.run("admin", "enrol", login, "--no-qr")
        return re.search(r"^code for a phone.* (\S+)$", said, re.MULTILINE)[1]

    def devices(self) -> list[str]:
        return re.findall(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", self.run("admin", "device", "list"))

    def serve(self) -> None:
        self.process = subprocess.Popen(
            [program(), "serve"], cwd=self.folder, env={**self.environment, "DOORSTEP_LISTEN": "127.0.0.1:0"},
            stdout=subprocess.PIPE, stderr=(self.folder / "server.log").open("a"), text=True,
        )  # fmt: skip
        for line in self.process.stdout:
            if "Doorstep is running: " in line:
                self.base = line[line.index("http://") :].strip()
                return
        raise AssertionError((self.folder / "server.log").read_text())

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def ask(self, login: str, method: str, path: str, body: object = None) -> object:
        """Somebody at a console does something that they may."""
        access = self._send("POST", "/v1/login", {"login": login, "password": PASSWORD})["access"]
        return self._send(method, path, body, access)

    def _send(self, method: str, path: str, body: object, access: str = "") -> object:
        data = None if method == "GET" else json.dumps(body or {}).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {access}"} if access else {})
        asked = urllib.request.Request(self.base + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{method} {path}: {refused.code} {refused.read()!r}") from refused

    def accept(self, caseload: str, shop: str) -> str:
        """The shop's referral is sent to the fire service and accepted; where its slip is."""
        [referral] = self.ask("he", "GET", f"/v1/caseloads/{caseload}/referrals?file={shop}")
        self.ask("he", "POST", f"/v1/caseloads/{caseload}/referrals/{referral['id']}/dispatch", {"dept": "FIRE"})
        desk = self.ask("zhao", "GET", "/v1/caseloads")[0]["id"]
        slips = self.ask("zhao", "GET", f"/v1/desks/{desk}/slips")
        slip = next(slip for slip in slips if slip["values"]["referral"] == referral["id"])
        self.ask("zhao", "POST", f"/v1/desks/{desk}/slips/{slip['id']}/accept")
        return f"/v1/desks/{desk}/slips/{slip['id']}"

    def reply(self, slip: str, text: str) -> None:
        """The fire service answers."""
        self.ask("zhao", "POST", f"{slip}/reply", {"outcome": "ordered_at_once", "public_text": text})

    def answer(self, caseload: str, shop: str, text: str) -> None:
        """The shop's referral is sent to the fire service, accepted and answered."""
        self.reply(self.accept(caseload, shop), text)
