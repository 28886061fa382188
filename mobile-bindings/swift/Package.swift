// swift-tools-version: 5.9
import PackageDescription

// `mobile-bindings/build` puts this beside the sources it writes, in target/bindings/swift. On Linux and in tests the linker and
// the loader are told where the library is, as `mobile-bindings/swift/test` does; for apps it is the XCFramework that
// mobile-bindings/README.md says how to make.
let package = Package(
    name: "DoorstepMobile",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "DoorstepMobile", targets: ["DoorstepMobile"])],
    targets: [
        .systemLibrary(name: "DoorstepMobileFFI", path: "Sources/DoorstepMobileFFI/include"),
        .target(
            name: "DoorstepMobile",
            dependencies: ["DoorstepMobileFFI"],
            linkerSettings: [.linkedLibrary("doorstep_bindings")]
        ),
        .testTarget(name: "DoorstepMobileTests", dependencies: ["DoorstepMobile"]),
    ]
)
