"""Swift, as far as it can be checked without its compiler: every file parses, and what our own Swift says of the library is
there, by name and by labels. It is not compiled: no type of a value is looked at.
"""

import functools
import re
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_swift

TOP = Path(__file__).parents[3]
SWIFT = TOP / "mobile-bindings" / "swift"
BUILT = TOP / "target" / "bindings" / "swift"
SAMPLE = "mobile-bindings/swift/README.md/0"
PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language()))

# What the generated sources say and the grammar does not know, with what means the same.
UNKNOWN = {b"@_documentation(visibility: private)": b"", b"{ () }": b"{ Void() }"}

# What the sample names of the platform. Anything else in it has to be the library's, or the sample's own.
PLATFORM = set(
    "appendingPathComponent contains data forEach httpBody httpMethod setValue shared statusCode timeoutInterval".split()
)
PLATFORM_TYPES = set("Data Double HTTPURLResponse String UInt16 UInt32 URL URLRequest URLSession Void".split())
def tree(source: bytes) -> tree_sitter.Node:
    for said, same in UNKNOWN.items():
        source = source.replace(said, same)
    return PARSER.parse(source).root_node


def wrong(node: tree_sitter.Node) -> list[str]:
    """Where the source is none, and what stands there."""
    if node.type == "ERROR" or node.is_missing:
        return [f"line {node.start_point.row + 1}: {node.text.decode()[:60] or 'missing ' + node.type}"]
    return [told for child in node.children for told in wrong(child)] if node.has_error else []


def every(node: tree_sitter.Node, *kinds: str):
    if node.type in kinds:
        yield node
    for child in node.named_children:
        yield from every(child, *kinds)


def text(node: tree_sitter.Node | None) -> str:
    return node.text.decode().strip("`") if node else ""


def samples() -> dict[str, bytes]:
    """The Swift in our pages."""
    found = {}
    for page in sorted((TOP / "mobile-bindings").rglob("README.md")):
        for n, block in enumerate(re.findall(r"^```swift\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)):
            found[f"{page.relative_to(TOP)}/{n}"] = block.encode()
    return found


def ours() -> dict[str, bytes]:
    """Swift that speaks of the library: the pages' and the package's own tests."""
    return samples() | {str(file.relative_to(TOP)): file.read_bytes() for file in sorted(SWIFT.glob("Tests/**/*.swift"))}


def generated() -> bytes:
    [source] = (BUILT / "Sources" / "DoorstepMobile").glob("*.swift")
    return source.read_bytes()


def test_all_swift_parses():
    files = ours() | {str(file.relative_to(BUILT)): file.read_bytes() for file in sorted(BUILT.rglob("*.swift"))}
    assert {SAMPLE, "Package.swift"} < files.keys() and len(files) > 3
    assert {name: told for name, source in files.items() if (told := wrong(tree(source)))} == {}


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("while true {", "while true"),
        ("func send(request: Request", "func send(request Request"),
        ("-> Response {", "-> {"),
        ('"POST"', '"POST'),
        ("try await phone.shut()", "try await phone.shut("),
        ("for alarm in try", "for in try"),
        ("if step != .more {", "if step != {"),
    ],
)
def test_what_does_not_parse_is_found(said, instead):
    """The control: the sample, each time with one thing wrong; and what is generated with its end cut off."""
    sample = samples()[SAMPLE].decode()
    assert said in sample
    assert wrong(tree(sample.replace(said, instead, 1).encode()))


def test_a_generated_file_that_is_cut_is_found():
    source = generated()
    assert wrong(tree(source[: source.rindex(b"}")]))


class Interface:
    """What the generated source declares: labels of parameters by name, None for none, True where one may be left out."""

    def __init__(self, source: bytes) -> None:
        self.calls: dict[str, list[list[tuple[str | None, bool]]]] = {}
        self.types: set[str] = set()
        self.members: set[str] = set()
        self.protocols: dict[str, set[str]] = {}
        for node in every(tree(source), "class_declaration", "protocol_declaration"):
            self.declare(node)

    def declare(self, node: tree_sitter.Node) -> None:
        name, body = text(node.child_by_field_name("name")), node.child_by_field_name("body")
        self.types.add(name)
        for member in body.named_children if body else []:
            called = text(member.child_by_field_name("name"))
            if member.type == "init_declaration":
                self.calls.setdefault(name, []).append(parameters(member))
            elif member.type in ("function_declaration", "protocol_function_declaration"):
                self.calls.setdefault(called, []).append(parameters(member))
                if member.type.startswith("protocol"):
                    self.protocols.setdefault(name, set()).add(signature(member))
            elif member.type == "enum_entry":
                self.case(member)
                continue
            else:
                called = text(next(every(member, "simple_identifier"), None))
            self.members.add(called)

    def case(self, entry: tree_sitter.Node) -> None:
        holds = entry.child_by_field_name("data_contents")
        for name in entry.children_by_field_name("name"):
            self.members.add(text(name))
            labels = [text(child) for child in holds.named_children if child.type == "simple_identifier"] if holds else []
            values = holds.children_by_field_name("name") if holds else []
            self.calls.setdefault(text(name), []).append([(label, False) for label in labels] or [(None, False)] * len(values))

    def takes(self, name: str, labels: list[str | None]) -> bool:
        return any(fits(declared, labels) for declared in self.calls.get(name, []))


def parameters(function: tree_sitter.Node) -> list[tuple[str | None, bool]]:
    found = []
    for at, child in enumerate(function.children):
        if child.type == "parameter":
            outer = text(child.child_by_field_name("external_name")) or text(child.child_by_field_name("name"))
            found.append((None if outer == "_" else outer, False))
        elif function.field_name_for_child(at) == "default_value" and found:
            found[-1] = (found[-1][0], True)
    return found


def signature(function: tree_sitter.Node) -> str:
    body = function.child_by_field_name("body")
    said = function.text[: body.start_byte - function.start_byte] if body else function.text
    return re.sub(r"\s+", "", said.decode())


def fits(declared: list[tuple[str | None, bool]], given: list[str | None]) -> bool:
    """Whether a call with these labels is one of it: in order, and nothing left out that has no default."""
    if not declared:
        return not given
    (label, optional), rest = declared[0], declared[1:]
    return bool(given and given[0] == label and fits(rest, given[1:])) or (optional and fits(rest, given))


def labels(call: tree_sitter.Node) -> list[str | None]:
    given = [text(next(every(argument, "value_argument_label"), None)) if argument.child_by_field_name("name") else None
             for arguments in every(call.named_children[-1], "value_arguments")
             if arguments.parent == call.named_children[-1]
             for argument in arguments.named_children]  # fmt: skip
    return given


def unknown(source: bytes, library: Interface) -> list[str]:
    """What the sample says that neither the library nor the platform has, nor the sample itself."""
    root = tree(source)
    declared = [*every(root, "class_declaration", "function_declaration", "protocol_declaration")]
    own = {text(node.child_by_field_name("name")) for node in declared}
    own |= {text(name) for kept in every(root, "pattern") for name in kept.children_by_field_name("bound_identifier")}
    own |= {text(kept.child_by_field_name("name")) for kept in every(root, "parameter")}
    told = []
    for name in every(root, "type_identifier"):
        if text(name) not in library.types | own | PLATFORM_TYPES:
            told.append(f"type {text(name)}")
    for node in every(root, "navigation_suffix", "prefix_expression"):
        for name in (child for child in node.named_children if child.type == "simple_identifier"):
            if text(name) not in library.members | own | PLATFORM:
                told.append(f"member {text(name)}")
    return told + misnamed(source, library)


def misnamed(source: bytes, library: Interface) -> list[str]:
    """Calls of the library that it does not have so, and what a type that stands in for one of its own lacks."""
    root, told = tree(source), []
    other = PLATFORM_TYPES | {text(node.child_by_field_name("name")) for node in every(root, "class_declaration")}
    for call in every(root, "call_expression"):
        callee, given = call.named_children[0], labels(call)
        name = text([*every(callee, "simple_identifier")][-1]) if [*every(callee, "simple_identifier")] else ""
        of_it = re.fullmatch(r"(?:phone|[A-Z]\w*)?\.\w+|[A-Z]\w*", text(callee)) is not None
        if of_it and name in library.calls.keys() - other and not library.takes(name, given):
            told.append(f"call {name}({', '.join(label or '_' for label in given)})")
        if text(callee).startswith("phone.") and name not in library.calls:
            told.append(f"call {text(callee)}")
    for node in every(root, "class_declaration"):
        said = {signature(function) for function in every(node, "function_declaration")}
        for name in (text(kind) for kind in every(node, "inheritance_specifier")):
            told += [f"{name} wants {wanted}" for wanted in library.protocols.get(name, set()) - said]
    return told


@functools.cache
def interface() -> Interface:
    return Interface(generated())


def test_our_swift_speaks_of_what_there_is():
    library = interface()
    assert len(library.types) > 100 and "Transport" in library.protocols
    assert {name: told for name, source in samples().items() if (told := unknown(source, library))} == {}
    assert {name: told for name, source in ours().items() if (told := misnamed(source, library))} == {}


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("phone.syncStep(transport:", "phone.syncOnce(transport:"),
        ("transport: line, budget: Budget(), cancel: nil", "transport: line, cancel: nil"),
        ("phone.submit(caseload: caseload, form:", "phone.submit(form:"),
        ("NewPremises(name:", "NewPremises(title:"),
        ("severity: 3, refused: true", "refused: true, severity: 3"),
        (".newPremises(shop)", ".newShop(shop)"),
        ("Form.inspection(", "Form.inspection(of: "),
        ("$0.level == .error", "$0.level == .fatal"),
        ("flag.sign.zh", "flag.mark.zh"),
        ("deadlineMs: UInt32", "deadline: UInt32"),
        ("-> Step {", "-> Stride {"),
        ("TransportError.Offline", "TransportError.Gone"),
    ],
)
def test_what_is_not_there_is_found(said, instead):
    """The control: the sample, each time with one thing that is not so."""
    sample = samples()[SAMPLE].decode()
    assert said in sample
    assert unknown(sample.replace(said, instead, 1).encode(), interface())
