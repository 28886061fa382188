package doorstep.mobile

import java.util.HexFormat
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

/**
 * A host that is killed: fills in forms and syncs for ever. It says what it begins, and what it has been promised once the
 * library has returned.
 */
object Host {
    @JvmStatic
    fun main(arguments: Array<String>) = runBlocking {
        val (path, key, caseload, base) = arguments
        println("opening -")
        val phone = Doorstep.open(path, HexFormat.of().parseHex(key), null)
        val line = HttpTransport(base)
        launch {
            while (true) {
                phone.retryNow()
                println("syncing -")
                phone.syncStep(line, Budget(uploadBytes = 2048u), null)
                println("synced -")
            }
        }
        while (true) {
            val draft = phone.start(caseload, shop(""))
            println("kept $draft")
            phone.save(draft, shop(draft.takeLast(6)))
            phone.finish(draft)
            println("finished $draft")
        }
    }

    /** A shop that looks like no other. */
    private fun shop(mark: String): Form = Form.NewPremises(
        NewPremises(name = if (mark.isEmpty()) "" else "店$mark", address = "花果山路${mark}号", unitCode = mark, kinds = listOf("restaurant")),
    )
}
