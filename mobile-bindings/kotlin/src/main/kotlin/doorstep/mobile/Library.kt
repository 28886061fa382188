package doorstep.mobile

/** Which library is beside this package. */
object Library {
    /** The release of this package. */
    const val VERSION = "0.1.0"

    /** Refuses a library of another release: call it once when the app starts. The interface itself is compared by checksums when the library is loaded. */
    fun check() {
        val found = buildInfo().version
        check(found == VERSION) { "this is doorstep-mobile $VERSION, but the library beside it is $found" }
    }
}
