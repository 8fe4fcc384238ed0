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
}
