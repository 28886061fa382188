package doorstep.mobile

import java.io.Closeable
import java.io.File
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** A real `doorstep serve` on a directory of its own, and the people at its consoles. */
class Office(private val folder: File) : Closeable {
    private val program = checkNotNull(System.getenv("DOORSTEP_PROGRAM")) {
        "DOORSTEP_PROGRAM has to name the doorstep program: run mobile-bindings/build --test"
    }
    private val http = HttpClient.newHttpClient()
    private var server: Process? = null
    lateinit var base: String

    init {
        folder.mkdirs()
        run("admin", "caseload", "add", "HGS", "--name", "花果山商铺", "--owner", "招商街道", "--operator", "邻里社工",
            "--from", "2026-01-01", "--to", "2099-12-31")
        run("admin", "desk", "add", "FIRE", "--name", "消防窗口")
        val people = listOf(
            Triple("lin", "worker", "HGS"), Triple("chen", "worker", "HGS"), Triple("mei", "supervisor", "HGS"),
            Triple("he", "dispatcher", "HGS"), Triple("zhao", "officer", "FIRE"),
        )
        for ((login, role, place) in people) {
            val console = if (role == "worker") arrayOf() else arrayOf("--password-stdin")
            run("admin", "person", "add", login, "--name", login, "--role", role, *console, typed = PASSWORD)
            run("admin", "assign", login, place)
        }
        serve()
    }

    private fun start(vararg arguments: String): ProcessBuilder {
        val builder = ProcessBuilder(program, *arguments).directory(folder)
        builder.environment().keys.removeIf { it.startsWith("DOORSTEP_") }
        builder.environment()["DOORSTEP_LANG"] = "en"
        return builder
    }

    /** Types a command; what it printed. */
    fun run(vararg arguments: String, typed: String = ""): String {
        val said = File.createTempFile("said", null)
        val process = start(*arguments).redirectErrorStream(true).redirectOutput(said).start()
        process.outputStream.use { it.write(typed.toByteArray()) }
        check(process.waitFor(120, TimeUnit.SECONDS) && process.exitValue() == 0) { said.readText() }
        return said.readText().also { said.delete() }
    }

    fun code(login: String): String = run("admin", "enrol", login, "--no-qr").lines()
        .first { it.startsWith("code for a phone") }.substringAfterLast(' ')

    fun devices(): List<String> =
        Regex("\\b[0-9A-HJKMNP-TV-Z]{26}\\b").findAll(run("admin", "device", "list")).map { it.value }.toList()

    private fun serve() {
        val builder = start("serve").redirectError(File(folder, "server.log"))
        builder.environment()["DOORSTEP_LISTEN"] = "127.0.0.1:0"
        val process = builder.start().also { server = it }
        val lines = process.inputReader()
        base = generateSequence(lines::readLine).first { "Doorstep is running: " in it }.let { "http://" + it.substringAfterLast("http://").trim() }
    }

    /** Somebody at a console does something that they may; the answer as it is. */
    fun ask(login: String, method: String, path: String, body: String = "{}"): String {
        val session = send("POST", "/v1/login", """{"login":"$login","password":"$PASSWORD"}""", null)
        return send(method, path, body, found(session, "access"))
    }

    private fun send(method: String, path: String, body: String, access: String?): String {
        val asked = HttpRequest.newBuilder(URI(base + path)).header("Content-Type", "application/json")
        if (access != null) asked.header("Authorization", "Bearer $access")
        val what = if (method == "GET") HttpRequest.BodyPublishers.noBody() else HttpRequest.BodyPublishers.ofString(body)
        val answer = http.send(asked.method(method, what).build(), HttpResponse.BodyHandlers.ofString())
        check(answer.statusCode() in 200..299) { "$method $path: ${answer.statusCode()} ${answer.body()}" }
        return answer.body()
    }

    /** The shop's referral is sent to the fire service and accepted; where its slip is. */
    fun accept(caseload: String, shop: String): String {
        val referral = found(ask("he", "GET", "/v1/caseloads/$caseload/referrals?file=$shop"), "id")
        ask("he", "POST", "/v1/caseloads/$caseload/referrals/$referral/dispatch", """{"dept":"FIRE"}""")
        val desk = found(ask("zhao", "GET", "/v1/caseloads"), "id")
        val slip = "/v1/desks/$desk/slips/${found(ask("zhao", "GET", "/v1/desks/$desk/slips"), "id")}"
        ask("zhao", "POST", "$slip/accept")
        return slip
    }

    /** The fire service answers. */
    fun reply(slip: String, text: String) {
        ask("zhao", "POST", "$slip/reply", """{"outcome":"ordered_at_once","public_text":"$text"}""")
    }

    /** The shop's referral is sent to the fire service, accepted and answered. */
    fun answer(caseload: String, shop: String, text: String) = reply(accept(caseload, shop), text)

    override fun close() {
        server?.destroyForcibly()?.waitFor()
    }

    private companion object {
        const val PASSWORD = "offices have doors"

        /** The first text under this name: each answer here holds one thing that is looked for. */
        fun found(json: String, name: String): String =
            checkNotNull(Regex("\"$name\":\"([^\"]+)\"").find(json)) { "no $name in $json" }.groupValues[1]
    }
}
