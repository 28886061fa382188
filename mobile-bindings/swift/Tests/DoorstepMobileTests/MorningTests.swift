#if os(Linux) || os(macOS)
import DoorstepMobile
import Foundation
import XCTest

/// The sample of this package's README, as it stands there; and the library at its edges.
final class MorningTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    override func tearDownWithError() throws {
        try FileManager.default.removeItem(at: folder)
    }

    private var store: String { folder.appendingPathComponent("lin.doorstep").path }

    private func key() -> Data {
        Data((0..<32).map { _ in UInt8.random(in: 0...255) })
    }

    func testTheSampleOfTheReadmeRuns() async throws {
        let office = try Office(folder.appendingPathComponent("office"))
        defer { office.close() }
        let said = Said()
        let server = try XCTUnwrap(URL(string: office.base))
        try await morning(path: store, key: key(), server: server, code: office.code("lin")) { said.hear($0) }
        XCTAssertTrue(said.words.contains { $0.hasPrefix("flagged") && $0.contains("F01") }, "\(said.words)")
    }

    func testOnlyItsKeyOpensAStore() async throws {
        let kept = key()
        let phone = try await Doorstep.open(path: store, key: kept, uptime: nil)
        let caseloads = try await phone.caseloads()
        XCTAssertTrue(caseloads.isEmpty)
        try await phone.pause()
        do {
            _ = try await phone.today()
            XCTFail("a paused phone answers nothing")
        } catch let error as PhoneError {
            XCTAssertEqual(error.code(), "not_open")
        }
        do {
            try await phone.resume(key: key())
            XCTFail("another key opens nothing")
        } catch let error as OpenError {
            XCTAssertEqual(error.code(), "wrong_key")
        }
        try await phone.resume(key: kept)
        try await phone.shut()
    }
}

private final class Said {
    private(set) var words: [String] = []
    func hear(_ word: String) { words.append(word) }
}
#endif
