package doorstep.mobile

import com.sun.jna.Platform
import java.io.File
import java.util.HexFormat
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** The library under a host that cancels, stalls and fails. */
class RobustTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `a step can be cancelled anywhere and nothing is lost`() = runBlocking {
        Office(File(folder, "office")).use { office ->
            val lin = Handset.enrolled(folder, "a", "lin", office)
            for (stop in listOf(0L, 0L, 1L, 2L, 3L, 5L, 8L, 13L, 40L, 100L)) {
                lin.phone.submit(lin.caseload, newShop("店$stop", "U-$stop"))
                lin.phone.retryNow()
                val step = async { lin.phone.syncStep(lin.line(), Budget(), null) }
                delay(stop)
                step.cancel()
                step.join()
            }
            assertEquals(Step.Idle, lin.sync())
            assertEquals(emptyList<Pending>(), lin.phone.pending())
            assertEquals(10, lin.phone.shops(lin.caseload).size)
            assertEquals(0u, lin.phone.repairs())
        }
    }

    @Test
    fun `a stalled transport hits its deadline and is cancelled`() = runBlocking {
        Office(File(folder, "office")).use { office ->
            val lin = Handset.enrolled(folder, "a", "lin", office)
            val gone = CompletableDeferred<Unit>()
            val stalled = object : Transport {
                override suspend fun send(request: Request, deadlineMs: UInt): Response =
                    try { awaitCancellation() } finally { gone.complete(Unit) }
            }
            val step = withTimeout(60.seconds) { lin.phone.syncStep(stalled, Budget(deadlineMs = 50u), null) }
            assertEquals(Step.Blocked(Blocked.Offline), step)
            withTimeout(60.seconds) { gone.await() }
            assertEquals(Step.Idle, lin.sync())
        }
    }

    @Test
    fun `a panic is an error and the library goes on`() = runBlocking {
        var broken = false
        val uptime = object : HostUptime {
            override fun start(): ULong = 1u
            override fun runningMs(): Long = if (broken) error("the platform's clock broke") else 1
        }
        val hand = Handset.fresh(folder, "a", uptime = uptime)
        broken = true
        val fault = assertThrows(PhoneException.Fault::class.java) { runBlocking { hand.phone.lease() } }
        assertEquals("fault", fault.code())
        broken = false
        assertTrue(!hand.phone.lease().locked)
    }

    @Test
    fun `a killed host loses nothing that was finished`() = runBlocking {
        Office(File(folder, "office")).use { office ->
            val lin = Handset.enrolled(folder, "a", "lin", office)
            lin.phone.pause()
            val said = (1..KILLS).flatMap { killed(lin, 6 * it) }
            fun of(what: String) = said.filter { it.first == what }.map { it.second }.toSet()
            lin.phone.resume(lin.key)
            val receipts = lin.phone.receipts(lin.caseload).map { it.submission }.toSet()
            val drafts = lin.phone.drafts().map { it.id }.toSet()
            assertTrue(of("finished").size > KILLS)
            assertEquals(emptySet<String>(), of("finished") - receipts)
            assertEquals(emptySet<String>(), of("kept") - receipts - drafts)
            assertEquals(emptySet<String>(), receipts intersect drafts)
            assertEquals(Step.Idle, lin.sync())
            assertEquals(receipts.size, lin.phone.shops(lin.caseload).size)
        }
    }

    /** Starts a host, lets it say so much, and kills it somewhere within the next form; what it said. */
    private fun killed(hand: Handset, lines: Int): List<Pair<String, String>> {
        val library = checkNotNull(javaClass.classLoader.getResource("${Platform.RESOURCE_PREFIX}/libdoorstep_bindings.so"))
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val host = ProcessBuilder(
            "${System.getProperty("java.home")}/bin/java", "-cp", classes, "-Djna.library.path=${File(library.toURI()).parent}",
            "doorstep.mobile.Host", hand.path.path, HexFormat.of().formatHex(hand.key), hand.caseload,
        ).redirectError(File(folder, "host.log")).start()
        val said = host.inputReader()
        val heard = (1..lines).mapNotNull { said.readLine() }
        check(heard.size == lines) { File(folder, "host.log").readText() }
        // By its handle: the process itself would close what it has said, too.
        host.toHandle().destroyForcibly()
        // The last line may be cut in the middle.
        val whole = Regex("(kept|finished) ([0-9A-Z]{26})")
        return (heard + said.readLines()).mapNotNull(whole::matchEntire).map { it.groupValues[1] to it.groupValues[2] }
    }

    @Test
    fun `nothing is open after a pause`() = runBlocking {
        val hand = Handset.fresh(folder, "a")
        assertTrue(open(hand.path).isNotEmpty())
        hand.phone.pause()
        assertEquals(emptyList<String>(), open(hand.path))
        assertThrows(PhoneException.NotOpen::class.java) { runBlocking { hand.phone.today() } }
        assertThrows(OpenException.WrongKey::class.java) { runBlocking { hand.phone.resume(Handset.key()) } }
        hand.phone.resume(hand.key)
        assertEquals(0u, hand.phone.today().drafts)
    }

    private fun open(path: File): List<String> = File("/proc/self/fd").listFiles().orEmpty()
        .mapNotNull { runCatching { it.canonicalPath }.getOrNull() }.filter { it.startsWith(path.canonicalPath) }

    private companion object {
        /** Each starts a JVM. */
        const val KILLS = 5
    }
}
