"""The interface by name and type, as app developers see it: a change of it shows in review.

`UPDATE_GOLDEN=1 mobile-bindings/python/test` writes `tests/golden/api/doorstep.txt` anew.
"""

import os
import re
from pathlib import Path

from doorstep_mobile import build_info

TOP = Path(__file__).parents[3]
GOLDEN = TOP / "tests" / "golden" / "api" / "doorstep.txt"
BUILT = TOP / "target" / "bindings"
GENERATED = BUILT / "swift" / "Sources" / "DoorstepMobile"

# What is there for the machinery alone.
INNER = re.compile(r"Ffi|[Uu]niffi|[Uu]nsafe|RustBuffer|NoHandle|InternalError|InitializationResult")
HEADS = re.compile(r"public (?:protocol|struct|enum|func|typealias)\b|enum \w+Error\b")
MEMBERS = re.compile(r" {4}(?:public init\b|func |case )")


def interface() -> str:
    """Declarations of the generated Swift, which has a type for every width, in order of their names."""
    [source] = GENERATED.glob("*.swift")
    text = re.sub(r"/\*\*.*?\*/|`", "", source.read_text(encoding="utf-8"), flags=re.DOTALL)
    # One declaration a line.
    for broken, whole in ((r"\(\s*\n\s*", "("), (r"\s*,\s*\n\s*", ", "), (r"\n\s*\)", ")")):
        text = re.sub(broken, whole, text)
    blocks, block = [], []
    for line in text.splitlines():
        line = re.sub(r"\s*\{.*$", "", line.rstrip())
        if re.match(r"[a-zA-Z]", line):
            block = []
            if HEADS.match(line) and not INNER.search(line):
                block.append(spaced(line))
                blocks.append(block)
        elif block and MEMBERS.match(line) and not INNER.search(line):
            block.append("    " + spaced(line))
    return "\n".join(sorted("\n".join(block) for block in blocks)) + "\n"


def spaced(line: str) -> str:
    return re.sub(r"\s+", " ", line.strip().replace(")async", ") async").replace(")throws", ") throws"))


def test_the_interface_is_as_it_was():
    now = interface()
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(now, encoding="utf-8")
    assert "func syncStep(transport: Transport, budget: Budget, cancel: Cancel?) async throws -> Step" in now
    assert now == GOLDEN.read_text(encoding="utf-8"), "the interface changed: if that is meant, UPDATE_GOLDEN=1"


def test_all_three_languages_have_the_same_calls():
    """Types come from one description of the library; a name or a parameter that one language lost would show here."""
    plain = re.compile(r"^ *(?:async )?(?:func|(?:suspend )?fun|(?:async )?def) `?(\w+)`?\((.*?)\)", re.MULTILINE | re.DOTALL)

    def calls(source: str, begins: str) -> dict[str, list[str]]:
        """Of the public interface that begins so: names and parameters, as one language writes them."""
        start = source.index(begins)
        end = re.compile(r"^(?:public |open |class |interface |\})", re.MULTILINE).search(source, start + len(begins)).start()
        found = {}
        for name, given in plain.findall(re.sub(r'"""[\s\S]*?"""|/\*\*[\s\S]*?\*/', "", source[start:end])):
            names = [re.sub(r"\W", "", one.split(":")[0]) for one in given.split(",") if ":" in one]
            found[snake(name)] = [snake(one) for one in names]
        return found

    read = {"swift": GENERATED, "kotlin": BUILT / "kotlin/main/kotlin/doorstep/mobile", "py": BUILT / "python/doorstep_mobile"}
    [swift] = read["swift"].glob("*.swift")
    begins = {swift: "public protocol DoorstepProtocol", read["kotlin"] / "doorstep.kt": "public interface DoorstepInterface",
              read["py"] / "doorstep.py": "class DoorstepProtocol("}  # fmt: skip
    in_swift, in_kotlin, in_python = (calls(file.read_text("utf-8"), start) for file, start in begins.items())
    assert len(in_swift) > 30
    assert in_swift == in_kotlin == in_python


def test_every_package_names_the_release_that_it_was_built_from():
    release = build_info().version
    package = TOP / "mobile-bindings"
    said = {
        "Cargo.toml": re.search(r'^\[workspace.package\]\nversion = "(.*)"', (TOP / "Cargo.toml").read_text("utf-8"), re.MULTILINE),
        "pyproject.toml": re.search(r'^version = "(.*)"', (package / "python/pyproject.toml").read_text("utf-8"), re.MULTILINE),
        "pom.xml": re.search(r"^  <version>(.*)</version>", (package / "kotlin/pom.xml").read_text("utf-8"), re.MULTILINE),
        "Library.kt": re.search(r'VERSION = "(.*)"', (package / "kotlin/src/main/kotlin/doorstep/mobile/Library.kt").read_text("utf-8")),
    }
    assert {where: found and found[1] for where, found in said.items()} == dict.fromkeys(said, release)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
