package org.s2skeras.demo.logic

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.s2skeras.core.runtime.Artifact
import org.s2skeras.core.runtime.ArtifactException
import org.s2skeras.core.runtime.Corrector
import org.s2skeras.core.runtime.DataException
import org.s2skeras.core.runtime.InputException
import org.s2skeras.desktop.DesktopInterpreter
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.IOException
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.zip.ZipEntry
import java.util.zip.ZipFile
import java.util.zip.ZipOutputStream

/** What the service and the screens do with the model that ships. */
class RealModelTest {
    @TempDir
    lateinit var folder: File

    private val log = mutableListOf<String>()
    private val model = File(System.getProperty("models"), "en.tflite")
    private var file = model
    private val words by lazy { OwnWords(File(folder, "words.txt"), { log += it }) { corrector } }
    private val corrector: ModelHolder<Corrector> = ModelHolder {
        Corrector(Artifact.read(file), ::DesktopInterpreter, personalWords = words.forCorrector())
    }
    private val check = SpellCheck(
        correct = { text, isCancelled -> corrector.use { it.correct(text, 0.5, isCancelled) } },
        log = { log += it },
        maxMilliseconds = 60_000, // a machine that does much else takes long to load a model
    )

    @AfterEach
    fun release() = corrector.release()

    private fun found(text: String) = check.check(text, 5)
        ?.map { text.substring(it.offset, it.offset + it.length) to it.suggestions.firstOrNull() }

    @Test
    fun `misspellings are found in their places, around what is no word`() {
        val text = "\uD83D\uDE00 I recieve teh letter \uD83D from bob@example.org tommorow."
        assertEquals(
            listOf("recieve" to "receive", "teh" to "the", "tommorow" to "tomorrow"), found(text),
        )
        assertEquals(emptyList<Any>(), found("I receive the letter."))
        for (text in listOf("\uD800\uDC00\uD800 \u0000", "x".repeat(1_000_000), "\uD83D\uDE00".repeat(9_999))) {
            assertEquals(emptyList<Any>(), found(text))
        }
    }

    @Test
    fun `two clients at once get what each would get alone`() {
        val texts = listOf("I recieve it", "teh letter", "see you tommorow", "nothing is wrong")
        val alone = texts.map(::found)
        val clients = Executors.newFixedThreadPool(2)
        val answers = List(40) { clients.submit<Any?> { found(texts[it % texts.size]) } }
        answers.forEachIndexed { index, answer ->
            assertEquals(alone[index % texts.size], answer.get(1, TimeUnit.MINUTES))
        }
        clients.shutdown()
    }

    @Test
    fun `a learned word is right at once, also after the model was let go`() {
        assertNotNull(found("I recieve it")!!.single())
        words.learn("recieve")
        assertEquals(listOf("recieve"), words.words())
        assertEquals(emptyList<Any>(), found("I recieve it"))
        corrector.release()
        assertEquals(emptyList<Any>(), found("I recieve it"))
        words.forget("recieve")
        assertEquals(1, found("I recieve it")!!.size)
        assertEquals(emptyList<String>(), words.words())
        assertThrows(InputException::class.java) { words.learn("two words") }
    }

    @Test
    fun `an unusable model gives no suggestions, one line in the log, and keeps the words`() {
        file = File(folder, "en.tflite")
        file.writeBytes(model.readBytes().copyOf(1_000_000))
        repeat(3) { assertNull(found("I recieve it")) }
        assertEquals(1, log.size)
        assertTrue("en.tflite" in log.single() && "\n" !in log.single())
        val error = assertThrows(ModelUnusable::class.java) { corrector.use { } }
        assertTrue(error.cause is ArtifactException)
        words.learn("recieve")
        assertEquals(listOf("recieve"), words.words())
        file = model
        corrector.release()
        assertEquals(listOf("teh" to "the"), found("I recieve teh letter"))
    }

    /** Writes the model with another format in its metadata. */
    private fun writeNewer(target: File) {
        ZipFile(model).use { zip ->
            val members = zip.entries().toList().associate { it.name to zip.getInputStream(it).readBytes() }
            val content = ByteArrayOutputStream()
            ZipOutputStream(content.apply { write("????TFL3".toByteArray()) }).use { out ->
                for ((name, bytes) in members) {
                    out.putNextEntry(ZipEntry(name))
                    val text = if (name == "model.json") String(bytes).replace(Regex("\"format_version\": *2"), "\"format_version\": 9") else null
                    out.write(text?.toByteArray() ?: bytes)
                }
            }
            target.writeBytes(content.toByteArray())
        }
    }

    @Test
    fun `each file that is no model is told apart, in one line of the log`() {
        file = File(folder, "en.tflite")
        val problems = listOf<Pair<String, () -> Unit>>(
            "this is not a file" to { file.delete() },
            "not a TFLite file" to { file.writeText("PK and something else") },
            "no readable metadata" to { file.writeBytes(model.readBytes().copyOf(100)) },
            "Update the app" to { writeNewer(file) },
            "checksum of graph" to { file.writeBytes(model.readBytes().also { it[5000]++ }) },
            "files whose task is correction" to { File(model.parentFile, "en-fr.tflite").copyTo(file, overwrite = true) },
        )
        for ((problem, make) in problems) {
            make()
            log.clear()
            corrector.release() // as the system does where a new version is installed
            repeat(2) { assertNull(found("I recieve it")) }
            assertTrue(log.size == 1 && problem in log[0] && file.path in log[0] && "\n" !in log[0]) { "$problem: $log" }
        }
    }

    @Test
    fun `what is begun again after the process died finds words and model as they were`() {
        words.learn("recieve")
        File(folder, ".words.txt7.tmp").writeText("half of wh") // what a process left that died while it wrote
        val again = OwnWords(File(folder, "words.txt"), { log += it }) { corrector }
        corrector.release()
        assertEquals(listOf("recieve"), again.words())
        assertEquals(listOf("teh" to "the"), found("I recieve teh letter"))
        assertEquals(emptyList<String>(), log)
    }

    @Test
    fun `damaged words are told, and texts are corrected without them`() {
        File(folder, "words.txt").writeBytes(byteArrayOf(-1, -2))
        assertEquals(1, found("I recieve it")!!.size)
        assertEquals(1, log.size)
        assertThrows(DataException::class.java) { words.words() }
        assertThrows(DataException::class.java) { words.learn("word") }
    }

    @Test
    fun `words that cannot be written are told, and those before stay`() {
        words.learn("before")
        corrector.use { }
        val lock = File(folder, ".words.txt.lock")
        assertTrue(lock.delete() && lock.mkdir())
        assertThrows(IOException::class.java) { words.learn("recieve") }
        assertEquals(listOf("before"), words.words())
        assertEquals(1, found("I recieve it")!!.size)
    }
}
