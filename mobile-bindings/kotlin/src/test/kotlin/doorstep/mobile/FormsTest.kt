package doorstep.mobile

import java.io.File
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** Every kind of form there is, filled in on a phone offline, sent, and part of the record. */
class FormsTest {
    @TempDir
    lateinit var folder: File

    @Test
    fun `every kind of form reaches the record`() = runBlocking {
        Office(File(folder, "office")).use { office ->
            val lin = Writer(Handset.enrolled(folder, "a", "lin", office))
            val mei = Writer(Handset.enrolled(folder, "b", "mei", office))
            aboutElders(lin)
            val (shop, other) = aboutShops(lin)
            lin.sync()
            aboutFlags(lin, mei, shop)
            aboutReferrals(lin, office, shop, other)
            aboutFiles(lin, mei, shop, other)
            listOf(lin, mei, lin).forEach { it.sync() }
            listOf(lin, mei).forEach { it.allAreInTheRecord() }
            val all = Form::class.java.permittedSubclasses.map { it.simpleName }.toSet()
            assertTrue("NewPremises" in all, all.toString())
            assertEquals(emptySet<String>(), all - lin.kinds - mei.kinds)
        }
    }

    /** Without a network, all of it. */
    private suspend fun aboutElders(lin: Writer) {
        val elder = lin.fill(newElder("顾奶奶")).subject
        lin.fill(Form.NewDwelling(NewDwelling(address = "花果山路8号101", unitCode = "B-101", floor = "1", lift = false)))
        lin.fill(visit(elder, words = "今天胃口不好"))
        val tried = listOf(Attempt(means = Means.DOOR, reached = false), Attempt(means = Means.PHONE, reached = true))
        lin.fill(Form.NotMet(NotMetForm(elder = elder, tried = tried, note = "邻居说去买菜了")))
        val scores: List<UByte?> = lin.phone.checklist().assessment.map { it.most }
        assertEquals(26, scores.size)
        val incomplete = lin.phone.start(
            lin.caseload, Form.Assessment(AssessmentForm(elder = elder, scores = scores.dropLast(1) + null)),
        )
        val wrong = lin.phone.check(incomplete).filter { it.level == Level.ERROR }
        assertEquals(listOf("required"), wrong.map { it.code })
        lin.phone.discard(incomplete)
        lin.fill(Form.Assessment(AssessmentForm(elder = elder, scores = scores, informant = "本人")))
        val fall = RiskEntry(kind = RiskKind.FALL, occurredOn = "2026-01-02", note = "在厨房滑倒")
        val happened = lin.fill(Form.Risk(RiskForm(elder = elder, risk = fall)))
        lin.fill(Form.Void(VoidForm(subject = elder, event = happened.event!!, reason = "是邻居跌倒")))
        val said = ConsentEntry(
            purpose = Purpose.HEALTH, state = ConsentState.GRANTED, method = ConsentMethod.GUARDIAN, witness = "顾小明",
        )
        lin.fill(Form.Consent(ConsentForm(elder = elder, consents = listOf(said))))
        lin.fill(Form.Need(NeedForm(elder = elder, text = "想有人陪同看病", kind = "escort", state = NeedState.RAISED)))
        val told = BreakGlassForm(
            elder = elder, act = BreakGlassAct.OPENED, reason = "昏倒,叫救护车", told = "120", fields = listOf("allergies"),
        )
        lin.fill(Form.BreakGlass(told))
    }

    private suspend fun aboutShops(lin: Writer): Pair<String, String> {
        val shop = lin.fill(newShop("王记肠粉")).subject
        val other = lin.fill(newShop("王记肠粉店", "HGS-089")).subject
        val seen = lin.fill(inspection(shop, blockedExit()))
        lin.fill(inspection(other, blockedExit()))
        lin.fill(Form.Notice(NoticeForm(shop, seen.event!!, items = listOf("EXIT-02"), receipt = NoticeReceipt.SIGNED)))
        return shop to other
    }

    private suspend fun aboutFlags(lin: Writer, mei: Writer, shop: String) {
        mei.sync()
        val flag = mei.phone.shop(shop).flags.first { it.rule == "F01" }
        lin.fill(Form.Explanation(ExplanationForm(flag = flag.flag, subject = shop, text = "店主说今晚搬走")))
        val decision = FlagDecisionForm(
            flag = flag.flag, subject = shop, evidence = flag.evidence, confirm = true, reason = "照片看得清楚",
        )
        // A worker may not: the form says so before anybody else has to.
        val draft = lin.phone.start(lin.caseload, Form.FlagDecision(decision))
        assertEquals("not_your_role", lin.phone.check(draft).first().code)
        lin.phone.discard(draft)
        mei.fill(Form.FlagDecision(decision))
    }

    /** A referral is taken back before anybody has it; another goes all the way. */
    private suspend fun aboutReferrals(lin: Writer, office: Office, shop: String, other: String) {
        val early = lin.phone.shop(other).referrals.single()
        lin.fill(Form.Withdrawal(WithdrawalForm(referral = early.id, reason = "当场清走了")))
        val slip = office.accept(lin.caseload, shop)
        office.ask("zhao", "POST", "$slip/ask", """{"question":"后门朝哪一边?"}""")
        lin.sync()
        val referral = lin.phone.shop(shop).referrals.single()
        val asked = referral.questions.single()
        assertEquals("后门朝哪一边?" to null, asked.text to asked.answer)
        lin.fill(Form.Supply(SupplyForm(referral = referral.id, question = asked.id, text = "朝南,对着巷子")))
        lin.sync()
        office.reply(slip, "已到场核实,通道已清理")
        lin.sync()
        val due = lin.phone.today().toConfirm.single()
        assertEquals(shop, due.visit.file)
        lin.fill(Form.Confirmation(ConfirmationForm(referral = due.referral, satisfied = true, note = "后门通了")))
        assertEquals(emptyList<ToConfirm>(), lin.phone.today().toConfirm)
    }

    /** Two people say different things of one file, and two files turn out to be one shop. */
    private suspend fun aboutFiles(lin: Writer, mei: Writer, shop: String, other: String) {
        mei.sync()
        for ((writer, address) in listOf(lin to "花果山路1号", mei to "花果山路2号")) {
            writer.fill(Form.Edit(EntityEdit(shop, listOf(FieldOp(field = "address", value = Value.Text(address))))))
        }
        listOf(lin, mei, lin).forEach { it.sync() }
        val conflict = lin.phone.shop(shop).conflicts.single()
        lin.fill(Form.Settle(SettleForm(conflict.entity, conflict.field, null, Value.Text("花果山路2号"))))
        mei.fill(Form.Link(LinkForm(one = shop, other = other, reason = "同一家店,两个门")))
    }

    /** Somebody who fills in forms, and wants all of them in the record. */
    private class Writer(private val hand: Handset) {
        val phone = hand.phone
        val caseload = hand.caseload
        val kinds = mutableSetOf<String>()
        private val made = mutableListOf<String>()

        suspend fun fill(form: Form): Finished {
            val draft = phone.start(caseload, form)
            val messages = phone.check(draft)
            assertTrue(messages.all { it.text.zh.isNotEmpty() && it.text.en.isNotEmpty() })
            assertEquals(emptyList<String>(), messages.filter { it.level == Level.ERROR }.map { it.field })
            // What is kept is what was filled in.
            assertEquals(form, phone.draft(draft).form)
            kinds += form.javaClass.simpleName
            return phone.finish(draft).also { made += it.submission }
        }

        suspend fun sync() = assertEquals(Step.Idle, hand.sync())

        suspend fun allAreInTheRecord() {
            assertEquals(emptyList<Pending>(), phone.pending())
            for (submission in made) {
                val stage = phone.receipt(submission).stage
                assertTrue(stage !is Stage.Held && stage !is Stage.Rejected && stage !is Stage.Pending && stage !is Stage.Stored) { "$stage" }
            }
        }
    }
}
