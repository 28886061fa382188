package doorstep.mobile

import java.io.File
import java.security.SecureRandom

/** A phone in somebody's hand. */
class Handset private constructor(val phone: Doorstep, val path: File, val key: ByteArray, private val office: Office?) {
    lateinit var caseload: String

    fun line(): Transport = HttpTransport(checkNotNull(office).base)

    /** Steps until there is nothing more to do; the last one's outcome. */
    suspend fun sync(transport: Transport = line()): Step {
        phone.retryNow()
        while (true) {
            val step = phone.syncStep(transport, Budget(), null)
            if (step !is Step.More) return step
        }
    }

    companion object {
        fun key() = ByteArray(32).also { SecureRandom().nextBytes(it) }

        suspend fun fresh(folder: File, name: String, office: Office? = null, uptime: HostUptime? = null): Handset {
            val (path, key) = File(folder, "$name.doorstep") to key()
            return Handset(Doorstep.open(path.path, key, uptime), path, key, office)
        }

        suspend fun enrolled(folder: File, name: String, login: String, office: Office): Handset {
            val hand = fresh(folder, name, office)
            hand.phone.enrol(hand.line(), office.code(login), name)
            hand.sync()
            hand.caseload = hand.phone.caseloads().single().id
            return hand
        }
    }
}

fun newShop(name: String, unitCode: String = "HGS-088"): Form = Form.NewPremises(
    NewPremises(
        name = name, address = "花果山路88号", unitCode = unitCode, kinds = listOf("restaurant"),
        contactPhone = "14200000001", operator = OperatorEntry(name = name, uscc = "92440399MA9T00018G"),
    )
)

fun inspection(shop: String, vararg rows: AnswerRow): Form =
    Form.Inspection(InspectionForm(premises = shop, answers = rows.toList(), met = "店主"))

fun blockedExit() = AnswerRow(code = "EXIT-02", answer = Answer.PROBLEM, severity = 3u, refused = true, note = "后门堆满纸箱")
