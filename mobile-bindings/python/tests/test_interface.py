"""The interface by name and type, as app developers see it: a change of it shows in review.

`UPDATE_GOLDEN=1 mobile-bindings/python/test` writes `tests/golden/api/doorstep.txt` anew.
"""

import os
import re
from pathlib import Path

TOP = Path(__file__).parents[3]
GOLDEN = TOP / "tests" / "golden" / "api" / "doorstep.txt"
GENERATED = TOP / "target" / "bindings" / "swift" / "Sources" / "DoorstepMobile"

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
