package org.s2skeras.core.runtime

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.IOException
import kotlin.concurrent.thread

class PersonalWordsTest {
    @TempDir
    lateinit var folder: File
    private val file by lazy { File(folder, "own/words.txt") }

    @Test
    fun `the file is Python's`() {
        val words = PersonalWords(file)
        words.learn("Z\u00fcrich")
        words.block("damn")
        assertEquals("Z\u00fcrich\n-damn\n", file.readText())
        file.writeText("\ufeff# mine\r\n\n" + file.readText())
        words.learn("can\u2019t")
        words.forget("Z\u00dcRICH")
        assertEquals("# mine\n\n-damn\ncan\u2019t\n", file.readText())
        val read = PersonalWords(file)
        assertEquals(setOf("can\u2019t") to setOf("damn"), read.learned to read.blocked)
        words.learn("can't")
        assertEquals(setOf("can't"), words.learned)
    }

    @Test
    fun `what is no word is refused`() {
        val words = PersonalWords(file)
        for (word in listOf("", "two words", "a\u0000", "\ud800", "#a", "-a", "a".repeat(49), "\u2003")) {
            assertThrows(InputException::class.java) { words.learn(word) }
        }
        assertTrue(!file.exists())
    }

    @Test
    fun `a file that is no list of words is named with its line`() {
        file.parentFile.mkdirs()
        file.writeText("right\ntwo words\n")
        val message = assertThrows(DataException::class.java) { PersonalWords(file) }.message!!
        assertTrue(message.startsWith("$file, line 2: ")) { message }
        file.writeBytes(byteArrayOf(-1, 10))
        assertThrows(DataException::class.java) { PersonalWords(file) }
        file.writeBytes(ByteArray(5 shl 20) { 97 })
        assertThrows(DataException::class.java) { PersonalWords(file) }
    }

    @Test
    fun `no word is lost when two learn at once`() {
        val threads = List(4) { t -> thread { PersonalWords(file).also { w -> repeat(25) { w.learn("w${'a' + t}${'a' + it}") } } } }
        threads.forEach { it.join() }
        assertEquals(100, PersonalWords(file).learned.size)
        assertEquals(setOf("words.txt", ".words.txt.lock"), file.parentFile.list()!!.toSet())
    }

    @Test
    fun `what cannot be written is said, and changes nothing`() {
        val plain = File(folder, "plain").also { it.writeText("x") }
        val words = PersonalWords(File(plain, "words.txt")) // no folder can be made there
        assertThrows(IOException::class.java) { words.learn("word") }
        assertEquals(emptySet<String>(), words.learned)
    }

    private fun child(main: String, vararg arguments: String, shell: String = "exec"): Process {
        val java = File(System.getProperty("java.home"), "bin/java").path
        // No file of the JVM's own is in the way of a limit on the size of files.
        val command = listOf(java, "-XX:-UsePerfData", "-cp", System.getProperty("java.class.path"), main, *arguments)
        return ProcessBuilder("bash", "-c", "$shell \"$@\"", "bash", *command.toTypedArray()).redirectErrorStream(true).start()
    }

    @Test
    fun `where no more fits on the disk, what was there stays, and is told`() {
        val words = PersonalWords(file)
        val before = List(40) { "word${'a' + it / 26}${'a' + it % 26}${"x".repeat(15)}" }
        before.forEach(words::learn)
        assertTrue(file.length() < 1024)
        // Where no file may be larger than 1 kB, writing fails half-way, as on a full disk.
        val done = child("org.s2skeras.core.runtime.PersonalWordsTestKt", file.path, "100", shell = "ulimit -f 1; exec")
        val said = done.inputStream.bufferedReader().readText().trim()
        assertEquals(0, done.waitFor(), said)
        assertTrue(said.startsWith("$file: cannot be written: ") && said.endsWith("Its words are those of before.")) { said }
        val read = PersonalWords(file)
        assertTrue(read.learned.containsAll(before))
        assertTrue(read.learned.size in 50..70) { "${read.learned.size} words" }
        assertEquals(setOf("words.txt", ".words.txt.lock"), file.parentFile.list()!!.toSet())
        read.learn("afterwards" + "x".repeat(30))
        assertEquals(read.learned, PersonalWords(file).learned)
    }

    @Test
    fun `a process that dies while it writes leaves the words whole`() {
        for (milliseconds in listOf(0L, 7L, 23L)) {
            val done = child("org.s2skeras.core.runtime.PersonalWordsTestKt", file.path, "1000000")
            while (!file.exists()) Thread.sleep(1)
            val before = file.readLines().size
            while (file.readLines().size < before + 5) Thread.sleep(1)
            Thread.sleep(milliseconds)
            done.destroyForcibly().waitFor()
            val text = file.readText()
            assertTrue(text.endsWith("\n"))
            val words = PersonalWords(file)
            assertEquals(text.trimEnd().split("\n").toSet(), words.learned)
            words.learn("after")
            assertTrue("after" in PersonalWords(file).learned)
            words.forget("after")
        }
    }
}

/** Learns many words to a file, and says what is wrong: for a process of its own. */
fun main(arguments: Array<String>) {
    val words = PersonalWords(File(arguments[0]))
    try {
        repeat(arguments[1].toInt()) { words.learn("more" + it.toString().map { digit -> 'a' + (digit - '0') }.joinToString("")) }
    } catch (error: IOException) {
        println(error.message)
    }
}
