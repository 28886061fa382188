package doorstep.mobile

import java.io.IOException
import java.net.HttpURLConnection
import java.net.URI
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runInterruptible

/** HTTP by the platform, on the JVM as on Android: a new connection for each request, because phones lose theirs. */
class HttpTransport(base: String) : Transport {
    private val base = base.trimEnd('/')

    override suspend fun send(request: Request, deadlineMs: UInt): Response =
        runInterruptible(Dispatchers.IO) { post(request, deadlineMs.toInt()) }

    private fun post(request: Request, deadlineMs: Int): Response {
        val received = java.io.ByteArrayOutputStream()
        var status = 0
        try {
            val link = URI(base + request.path).toURL().openConnection() as HttpURLConnection
            link.requestMethod = "POST"
            link.doOutput = true
            link.connectTimeout = deadlineMs
            link.readTimeout = deadlineMs
            link.setRequestProperty("Content-Type", request.contentType)
            link.setFixedLengthStreamingMode(request.body.size)
            link.outputStream.use { it.write(request.body) }
            status = link.responseCode
            (if (status < 400) link.inputStream else link.errorStream)?.use { it.copyTo(received) }
            return Response(status.toUShort(), received.toByteArray())
        } catch (lost: IOException) {
            throw if (status == 200) TransportException.Cut(received.toByteArray()) else TransportException.Offline()
        }
    }
}
