package doorstep.mobile

import com.sun.jna.Platform
import java.io.File
import java.util.HexFormat
import kotlin.random.Random
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** The library under a host that is killed without warning: while it opens the store, within a form, while it syncs. */
class KillTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a killed host loses nothing that was finished`() = runBlocking<Unit> {
        Office(File(folder, "office")).use { office ->
            val lin = Handset.enrolled(folder, "a", "lin", office)
            val chance = Random(7)
            val (kept, finished) = mutableSetOf<String>() to mutableSetOf<String>()
            val during = mutableMapOf("opening" to 0, "kept" to 0, "syncing" to 0)
            repeat(KILLS) { n ->
                lin.phone.pause()
                val said = killed(lin, office, during.keys.elementAt(n % during.size), chance)
                lin.phone.resume(lin.key)
                for ((begun, ended) in listOf("opening" to "kept", "kept" to "finished", "syncing" to "synced")) {
                    val last = said.lastOrNull { it.first == begun || it.first == ended }?.first
                    if (last == begun) during.merge(begun, 1, Int::plus)
                }
                kept += said.of("kept")
                finished += said.of("finished")
                val receipts = lin.phone.receipts(lin.caseload).map { it.submission }.toSet()
                val drafts = lin.phone.drafts().map { it.id }.toSet()
                assertEquals(emptySet<String>(), finished - receipts, "after kill $n: what was finished is in the outbox")
                assertEquals(emptySet<String>(), kept - receipts - drafts, "after kill $n: what was kept is there")
                assertEquals(emptySet<String>(), receipts intersect drafts, "after kill $n: and never twice")
            }
            println("killed $KILLS times ($during), ${finished.size} forms finished")
            assertTrue(during.values.all { it >= KILLS / 5 }, "it was killed everywhere: $during")
            assertTrue(finished.size > KILLS / 2, "it got somewhere: ${finished.size}")
            // On a busy machine an exchange may come too late, or be turned away: a worker's phone would try again, too.
            withTimeout(120.seconds) { while (lin.sync() != Step.Idle) delay(100) }
            val receipts = lin.phone.receipts(lin.caseload)
            assertTrue(receipts.none { it.stage is Stage.Pending || it.stage is Stage.Stored || it.stage is Stage.Held })
            assertEquals(receipts.size, lin.phone.shops(lin.caseload).size, "each once")
            assertEquals(0u, lin.phone.repairs())
            office.run("verify")
        }
    }

    /** Starts a host, waits until it says that this begins, and kills it a moment later; what it said. */
    private fun killed(hand: Handset, office: Office, within: String, chance: Random): List<Pair<String, String>> {
        val library = checkNotNull(javaClass.classLoader.getResource("${Platform.RESOURCE_PREFIX}/libdoorstep_bindings.so"))
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val host = ProcessBuilder(
            "${System.getProperty("java.home")}/bin/java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
            "-cp", classes, "-Djna.library.path=${File(library.toURI()).parent}",
            "doorstep.mobile.Host", hand.path.path, HexFormat.of().formatHex(hand.key), hand.caseload, office.base,
        ).redirectError(File(folder, "host.log")).start()
        val said = host.inputReader()
        val heard = mutableListOf<String>()
        repeat(if (within == "opening") 1 else chance.nextInt(1, 5)) {
            do {
                heard += checkNotNull(said.readLine()) { File(folder, "host.log").readText() }
            } while (!heard.last().startsWith(within))
        }
        // A moment that is nobody's boundary.
        Thread.sleep(chance.nextLong(12), chance.nextInt(999_999))
        // By its handle: the process itself would close what it has said, too.
        host.toHandle().destroyForcibly()
        host.waitFor()
        // The last line may be cut in the middle.
        val whole = Regex("(\\w+) ([0-9A-Z]{26}|-)")
        return (heard + said.readLines()).mapNotNull(whole::matchEntire).map { it.groupValues[1] to it.groupValues[2] }
    }

    private fun List<Pair<String, String>>.of(what: String) = filter { it.first == what }.map { it.second }

    private companion object {
        /** Each starts a JVM. */
        val KILLS = System.getenv("DOORSTEP_KILLS")?.toInt() ?: if (System.getenv("DOORSTEP_TEST_LONG") != null) 100 else 45
    }
}
