package doorstep.mobile

import java.io.File
import kotlinx.coroutines.runBlocking
import morning
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** The sample in this package's README, as it stands there. */
class MorningTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `the sample of the README runs`() = runBlocking {
        Office(File(folder, "office")).use { office ->
            val said = mutableListOf<String>()
            val path = File(folder, "lin.doorstep").path
            assertNotNull(morning(path, Handset.key(), office.base, office.code("lin"), said::add))
            assertTrue("synced" in said, said.toString())
            assertTrue(said.any { it.startsWith("F01") })
        }
    }
}
