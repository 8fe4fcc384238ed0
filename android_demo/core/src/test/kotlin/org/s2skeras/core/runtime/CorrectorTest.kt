package org.s2skeras.core.runtime

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import org.s2skeras.Goldens
import java.io.File
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger

class CorrectorTest {
    @TempDir
    lateinit var folder: File
    private val artifact = Goldens.model("en.tflite")
    private val open = ArrayList<Corrector>()

    private fun corrector(personal: Boolean = false): Corrector {
        val words = if (personal) PersonalWords(File(folder, "words.txt")) else null
        return Corrector(artifact, Goldens.desktop, personalWords = words).also { open.add(it) }
    }

    @AfterEach
    fun close() = open.forEach { it.close() }

    @Test
    fun `a word is corrected in its context`() {
        val edit = corrector().correctWord("teh", "He read ", " book.")!!
        assertEquals("the", edit.corrected)
        assertEquals(0 to 3, edit.start to edit.end)
        assertNull(corrector().correctWord("two words"))
        assertNull(corrector().correctWord("gegangen", "Er ist nicht nach Hause "))
    }

    @Test
    fun `personal words are left alone, and blocked ones never suggested`() {
        val corrector = corrector(personal = true)
        assertTrue(corrector.correct("the klmora").edits.isEmpty() || "klmora" !in corrector.lexicon)
        corrector.learn("Klmora")
        assertTrue("klmora" in corrector.lexicon)
        assertEquals("the klmora", corrector.correct("the klmora").text)
        assertEquals("Klmora", corrector.correctWord("klmroa", "the city of ")?.corrected)
        corrector.learn("teh") // whatever is likelier
        assertEquals("teh book", corrector.correct("teh book").text)
        corrector.forget("teh")
        corrector.block("the")
        assertFalse(corrector.suggest("th", "He read ", count = 8).any { it.text == "the" })
        assertFalse(corrector.correct("teh book").text.startsWith("the "))
        corrector.forget("the")
        corrector.forget("KLMORA")
        assertFalse("klmora" in corrector.lexicon)
        assertEquals("the book", corrector.correct("teh book").text)
    }

    @Test
    fun `two clients at once get what one gets`() {
        val corrector = corrector()
        val texts = List(40) { "I recieved teh letter number ${'a' + it % 26} yesterdya" }
        val alone = texts.map { corrector.correct(it).text }
        val threads = Executors.newFixedThreadPool(3)
        try {
            val other = corrector()
            val found = threads.invokeAll(texts.map { Callable { other.correct(it).text } })
            assertEquals(alone, found.map { it.get() })
        } finally {
            threads.shutdown()
        }
    }

    @Test
    fun `a text is no longer looked at once that is cancelled`() {
        val asked = AtomicInteger()
        val found = corrector().correct("teh cat adn teh dog") { asked.incrementAndGet() > 1 }
        assertEquals("the cat adn teh dog", found.text)
        assertFalse(found.isComplete)
    }

    @Test
    fun `a long text that is cancelled keeps what was found until then`() {
        val corrector = corrector()
        val text = List(40) { "I recieved teh letter number ${'a' + it % 26} yesterdya, \ud83d\ude00 definately." }.joinToString(" ")
        val whole = corrector.correct(text)
        assertTrue(whole.isComplete && whole.edits.size > 100)
        for (words in listOf(0, 1, 30, 150)) {
            var asked = 0
            val found = corrector.correct(text) { asked++ == words }
            assertFalse(found.isComplete)
            assertEquals(words + 1, asked)
            assertEquals(whole.edits.take(found.edits.size), found.edits)
            assertTrue(found.edits.size <= words && found.edits.size >= words / 4) { "${found.edits.size} of $words" }
            val behind = found.edits.lastOrNull()?.end ?: 0
            assertTrue(found.text.endsWith(text.substring(behind)))
        }
        assertEquals(whole, corrector.correct(text))
    }

    @Test
    fun `awkward texts come back`() {
        val corrector = corrector()
        val large = "1 . \ud800 \ufffe, ``` ".repeat(60_000) + "\udc00"
        assertEquals(large, corrector.correct(large).text)
        val word = "a".repeat(1_000_000)
        assertEquals(word, corrector.correct(word).text)
        assertEquals(emptyList<Suggestion>(), corrector.suggest(word))
        assertEquals(emptyList<Suggestion>(), corrector.suggest("\ud800"))
    }

    @Test
    fun `misuse is refused`() {
        val corrector = corrector()
        assertThrows(IllegalArgumentException::class.java) { corrector.correct("a", 1.5) }
        assertThrows(IllegalArgumentException::class.java) { corrector.aggressiveness = Double.NaN }
        assertThrows(IllegalArgumentException::class.java) { corrector.suggest("a", count = 0) }
        assertThrows(IllegalStateException::class.java) { corrector.learn("word") }
        corrector.close()
        assertThrows(IllegalStateException::class.java) { corrector.correct("teh") }
        val other = Goldens.model("en-fr.tflite")
        assertThrows(ArtifactException::class.java) { Corrector(other, Goldens.desktop) }
        assertThrows(ArtifactException::class.java) { Translator(artifact, Goldens.desktop) }
    }
}
