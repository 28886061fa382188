package doorstep.mobile

import java.io.File
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
}
