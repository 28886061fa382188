#if os(Linux) || os(macOS)
import Foundation

struct Failed: Error {
    let said: String
}

/// A real `doorstep serve` on a directory of its own, and somebody who types commands there.
final class Office {
    private let folder: URL
    private let program: String
    private var server: Process?
    private(set) var base = ""

    init(_ folder: URL) throws {
        guard let program = ProcessInfo.processInfo.environment["DOORSTEP_PROGRAM"] else {
            throw Failed(said: "DOORSTEP_PROGRAM has to name the doorstep program")
        }
        (self.folder, self.program) = (folder, program)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try run([
            "admin", "caseload", "add", "HGS", "--name", "花果山商铺", "--owner", "招商街道", "--operator", "邻里社工",
            "--from", "2026-01-01", "--to", "2099-12-31",
        ])
        try run(["admin", "person", "add", "lin", "--name", "lin", "--role", "worker"])
        try run(["admin", "assign", "lin", "HGS"])
        try serve()
    }

    /// Types a command; what it printed.
    @discardableResult
    func run(_ arguments: [String]) throws -> String {
        let (process, said) = start(arguments)
        try process.run()
        let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw Failed(said: text) }
        return text
    }

    /// A one-time code for a phone.
    func code(_ login: String) throws -> String {
        let lines = try run(["admin", "enrol", login, "--no-qr"]).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("code for a phone") }), let code = line.split(separator: " ").last else {
            throw Failed(said: "no code is printed")
        }
        return String(code)
    }

    func close() {
        if let server { kill(server.processIdentifier, SIGKILL) }
    }

    private func start(_ arguments: [String], listen: String? = nil) -> (Process, Pipe) {
        let (process, said) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        var told = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("DOORSTEP_") }
        told["DOORSTEP_LANG"] = "en"
        told["DOORSTEP_LISTEN"] = listen
        process.environment = told
        process.standardOutput = said
        return (process, said)
    }

    private func serve() throws {
        let (process, said) = start(["serve"], listen: "127.0.0.1:0")
        try process.run()
        server = process
        var text = ""
        while !text.contains("Doorstep is running: ") || !text.hasSuffix("\n") {
            let more = said.fileHandleForReading.availableData
            if more.isEmpty { throw Failed(said: text) }
            text += String(decoding: more, as: UTF8.self)
        }
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let address = words.first(where: { $0.hasPrefix("http://") }) else { throw Failed(said: text) }
        base = String(address)
    }
}
#endif
