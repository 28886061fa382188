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
INNER = re.compile(r"Ffi|uniffi|[Uu]nsafe|RustBuffer|\b(?:lift|lower|hash|encode|decode)\b|func ==|handle:|noHandle|deinit|NoHandle")
DECLARES = re.compile(
    r"^(?:public|open) (?:protocol|class|struct|enum|func|typealias)"
    r"|^ {4}(?:public (?:let|var|init)|func|case|open func|public static func|open var|public convenience init)\b"
)


def interface() -> str:
    """Declarations of the generated Swift, which has a type for every width: one a line, in order of their names."""
    [source] = GENERATED.glob("*.swift")
    blocks, block, documented = [], [], False
    for line in source.read_text(encoding="utf-8").splitlines():
        line = re.sub(r"\s*\{.*$", "", line.rstrip()).replace("`", "")
        if re.match(r"^(?:public|open) ", line):
            block = []
            blocks.append(block)
        if DECLARES.match(line) and not INNER.search(line):
            block.append(re.sub(r"\s+", " ", line) if line[0] != " " else "    " + line.strip())
    return "\n".join(sorted("\n".join(block) for block in blocks if block)) + "\n"


def test_the_interface_is_as_it_was():
    now = interface()
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(parents=True, exist_ok=True)
        GOLDEN.write_text(now, encoding="utf-8")
    assert "func syncStep(transport: Transport, budget: Budget, cancel: Cancel?) async throws -> Step" in now
    assert now == GOLDEN.read_text(encoding="utf-8"), "the interface changed: if that is meant, UPDATE_GOLDEN=1"


def test_the_swift_sample_speaks_of_what_there_is():
    page = (TOP / "mobile-bindings" / "swift" / "README.md").read_text(encoding="utf-8")
    [sample] = re.findall(r"^```swift\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    [source] = GENERATED.glob("*.swift")
    generated = source.read_text(encoding="utf-8").replace("`", "")
    calls = set(re.findall(r"phone\.(\w+)\(", sample))
    missing = {call for call in calls if f"func {call}(" not in generated}
    assert len(calls) > 10 and not missing
    types = set(re.findall(r"\b([A-Z]\w+)\b", re.sub(r'"[^"]*"|//.*', "", sample)))
    platform = {"URL", "URLRequest", "URLSession", "HTTPURLResponse", "Data", "Double", "String", "Void", "UInt16",
                "UInt32", "Foundation", "DoorstepMobile", "Line", "Content", "POST", "Offline"}  # fmt: skip
    unknown = {name for name in types - platform if not re.search(rf"\b(?:class|struct|enum|protocol) {name}\b", generated)}
    assert not unknown
