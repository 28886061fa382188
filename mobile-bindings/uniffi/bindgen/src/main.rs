//! Writes the bindings of a built library in each language: the generator of the release that the library was built
//! with. Of its own crate, so that nothing of it is linked into what phones carry.

fn main() {
    uniffi::uniffi_bindgen_main();
}
