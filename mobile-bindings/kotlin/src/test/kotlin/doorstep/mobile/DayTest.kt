package doorstep.mobile

import java.io.File
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** A worker's day against a real server, as an Android app would live it. */
class DayTest {
    @TempDir
    lateinit var folder: File
    private lateinit var office: Office

    @BeforeEach
    fun furnish() {
        Library.check()
        office = Office(File(folder, "office"))
    }

    @AfterEach
    fun close() = office.close()

    @Test
    fun `a day from the first form to the officer's answer`() = runBlocking {
        val lin = Handset.enrolled(folder, "a", "lin", office)
        val (phone, caseload) = lin.phone to lin.caseload

        // Offline. A form that is not complete says so in both languages.
        val draft = phone.start(caseload, newShop(""))
        val message = phone.check(draft).first()
        assertEquals(Level.ERROR, message.level)
        assertEquals("必填", message.text.zh)
        val refused = assertThrows(PhoneException.Incomplete::class.java) { runBlocking { phone.finish(draft) } }
        assertEquals("form_incomplete", refused.code())
        phone.save(draft, newShop("王记肠粉"))
        val shop = phone.finish(draft).subject

        // The alarm is there before the form is finished.
        val gas = phone.start(caseload, inspection(shop, AnswerRow(code = "GAS-01", answer = Answer.PROBLEM)))
        assertTrue(phone.alarms(gas).single().numbers.any { "119" in it.number })
        phone.discard(gas)

        val seen = phone.submit(caseload, inspection(shop, blockedExit()))
        assertEquals(listOf("F01" to false), phone.flagsAtDoor(shop).flags.map { it.rule to it.confirmed })
        assertEquals(2, phone.pending().size)
        assertEquals(Stage.Pending, phone.receipt(seen.submission).stage)

        // The link is cut; then it holds.
        for (after in listOf(0, 200)) {
            assertEquals(Step.Blocked(Blocked.Offline), lin.sync(Cut(lin.line(), after)))
        }
        val told = CountDownLatch(1)
        val kept = phone.subscribe(object : Listener {
            override fun readAgain() = told.countDown()
        })
        assertEquals(Step.Idle, lin.sync())
        assertTrue(told.await(30, TimeUnit.SECONDS))
        kept.close()
        assertEquals(Stage.Flagged(listOf("F01")), phone.receipt(seen.submission).stage)

        office.answer(caseload, shop, "已到场核实,通道已清理")
        lin.sync()
        val answered = assertInstanceOf(Stage.Answered::class.java, phone.receipt(seen.submission).stage)
        assertEquals("已到场核实,通道已清理", answered.publicText)
        assertEquals(listOf(shop), phone.today().toConfirm.map { it.visit.file })
        val reply = phone.changesSinceLastSync().changes.single { it.what == "reply" }
        assertEquals("王记肠粉" to "部门答复", reply.name to reply.says.zh)
    }

    @Test
    fun `a conflict is settled by a person`() = runBlocking {
        val lin = Handset.enrolled(folder, "a", "lin", office)
        val chen = Handset.enrolled(folder, "b", "chen", office)
        val shop = lin.phone.submit(lin.caseload, newShop("老李理发")).subject
        lin.sync()
        chen.sync()
        for ((hand, address) in listOf(lin to "花果山路1号", chen to "花果山路2号")) {
            val edit = EntityEdit(shop, listOf(FieldOp(field = "address", value = Value.Text(address))))
            hand.phone.submit(hand.caseload, Form.Edit(edit))
        }
        listOf(lin, chen, lin).forEach { it.sync() }
        val conflict = lin.phone.shop(shop).conflicts.single()
        assertEquals(setOf("花果山路1号", "花果山路2号"), conflict.said.map { it.text }.toSet())
        val settle = SettleForm(conflict.entity, conflict.field, null, Value.Text("花果山路2号"))
        lin.phone.submit(lin.caseload, Form.Settle(settle))
        listOf(lin, chen).forEach { it.sync() }
        for (hand in listOf(lin, chen)) {
            val file = hand.phone.shop(shop)
            assertEquals(emptyList<ConflictView>(), file.conflicts)
            assertEquals("花果山路2号", file.fields.single { it.name == "address" }.text)
        }
        assertEquals(lin.phone.stateDigest(lin.caseload), chen.phone.stateDigest(chen.caseload))
    }

    @Test
    fun `an elder is visited and what was written wrong is corrected`() = runBlocking {
        val lin = Handset.enrolled(folder, "a", "lin", office)
        val (phone, caseload) = lin.phone to lin.caseload
        val elder = phone.submit(caseload, newElder("顾奶奶")).subject
        assertEquals(listOf("顾奶奶"), phone.elders(caseload).map { it.name })

        // Buttons and lists have words that are not the app's.
        assertEquals("突发疾病", inWords(Choice.Signal(Signal.ACUTE_ILLNESS)).zh)
        val tiers = phone.checklist().elderFields.single { it.field == "risk_tier" }
        assertEquals("风险等级" to listOf("general", "key", "high"), tiers.name.zh to tiers.values.map { it.code })

        // The alarm is there before the form is finished.
        val draft = phone.start(caseload, visit(elder, signals = listOf(Signal.ACUTE_ILLNESS)))
        assertTrue(phone.alarms(draft).flatMap { it.numbers }.any { "120" in it.number })
        phone.save(draft, visit(elder, words = "今天胃口不好"))
        assertEquals(emptyList<AlarmText>(), phone.alarms(draft))
        val made = phone.finish(draft)
        assertEquals(Step.Idle, lin.sync())
        val file = phone.elder(elder)
        assertEquals(listOf(1u to "14200000002"), file.contacts.map { file.visits to it.phone })
        assertEquals("风险等级", file.fields.single { it.name == "risk_tier" }.label.zh)

        // From the form as it was written, with one thing said otherwise.
        val written = assertInstanceOf(Form.Visit::class.java, phone.formOf(elder, made.event!!)).v1
        assertEquals("今天胃口不好", written.words)
        val again = phone.amend(made.event!!, Form.Visit(written.copy(words = "今天胃口好")))
        assertEquals(Step.Idle, lin.sync())
        val visited = phone.elder(elder).history.single { it.kind == "visit" }
        assertEquals(again.event to made.event, visited.id to visited.amends)
        assertTrue("今天胃口好" in visited.sentence.zh)
    }

    @Test
    fun `a colleague carries what has no network`() = runBlocking {
        val lin = Handset.enrolled(folder, "a", "lin", office)
        val chen = Handset.enrolled(folder, "b", "chen", office)
        val made = chen.phone.submit(chen.caseload, newShop("河边杂货"))
        val handed = chen.phone.exportRelay()
        assertTrue("河边杂货" !in handed.decodeToString())
        assertEquals(1u, lin.phone.carry(handed))
        assertThrows(PhoneException.BadRelay::class.java) { runBlocking { lin.phone.carry(ByteArray(40)) } }
        repeat(2) { lin.sync() }
        assertEquals(listOf(made.subject), lin.phone.search("河边", 5u).map { it.id })
    }

    @Test
    fun `a revoked phone hands in what it has and forgets`() = runBlocking {
        val lin = Handset.enrolled(folder, "a", "lin", office)
        val shop = lin.phone.submit(lin.caseload, newShop("王记肠粉")).subject
        lin.sync()
        val unsent = lin.phone.submit(lin.caseload, inspection(shop, blockedExit()))
        val unfinished = lin.phone.start(lin.caseload, inspection(shop, blockedExit()))
        office.run("admin", "device", "revoke", office.devices().first())
        assertEquals(Step.Blocked(Blocked.Revoked), lin.sync())
        assertTrue(lin.phone.isWiped())
        assertThrows(PhoneException.NoSuchFile::class.java) { runBlocking { lin.phone.shop(shop) } }
        assertEquals(emptyList<CaseloadView>() to emptyList<Draft>(), lin.phone.caseloads() to lin.phone.drafts())
        // What it wrote waits for the supervisor, also what was not finished.
        val held = office.ask("mei", "GET", "/v1/caseloads/${lin.caseload}/held")
        assertTrue("device_revoked" in held && unsent.submission in held && unfinished in held, held)
    }

    /** A link that is cut after so many bytes of the answer. */
    private class Cut(private val line: Transport, private val after: Int) : Transport {
        override suspend fun send(request: Request, deadlineMs: UInt): Response {
            if (after == 0) throw TransportException.Offline()
            throw TransportException.Cut(line.send(request, deadlineMs).body.copyOf(after))
        }
    }
}
