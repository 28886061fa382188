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

fun newElder(name: String): Form = Form.NewElder(
    NewElder(
        name = name, riskTier = "key", newDwelling = NewDwelling(address = "花果山路6号502", unitCode = "B-502"),
        contacts = listOf(ContactEntry(name = "顾小明", relation = "子", phone = "14200000002", hasKey = true)),
    )
)

fun visit(elder: String, signals: List<Signal> = listOf(), words: String = ""): Form {
    val observed = listOf(ObservedRow(item = "mood", answer = Answer.PROBLEM, note = "情绪低落"))
    return Form.Visit(VisitForm(elder = elder, kind = VisitKind.HOME, observed = observed, signals = signals, words = words))
}
