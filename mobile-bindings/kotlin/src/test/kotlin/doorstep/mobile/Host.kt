package doorstep.mobile

import java.util.HexFormat
import kotlinx.coroutines.runBlocking

/** A host that is killed: fills in forms for ever, and says what it has been promised once the library has returned. */
object Host {
    @JvmStatic
    fun main(arguments: Array<String>) = runBlocking {
        val (path, key, caseload) = arguments
        val phone = Doorstep.open(path, HexFormat.of().parseHex(key), null)
        while (true) {
            val draft = phone.start(caseload, newShop(""))
            println("kept $draft")
            phone.save(draft, newShop("店${draft.takeLast(6)}", draft.takeLast(6)))
            phone.finish(draft)
            println("finished $draft")
        }
    }
}
