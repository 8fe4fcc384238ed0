package org.s2skeras.demo.logic

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.s2skeras.core.decoding.Edit
import org.s2skeras.core.runtime.Correction
import java.io.IOException

class SpellCheckTest {
    private val log = mutableListOf<String>()
    private val asked = mutableListOf<String>()
    private val edit = Edit(2, 5, "teh", "the", 0.9, listOf("the", "tech", "teh", "ten"))
    private var broken: Throwable? = null
    private val check = SpellCheck(
        correct = { text, isCancelled ->
            asked += text
            broken?.let { throw it }
            Correction(text, text, if ("teh" in text && !isCancelled()) listOf(edit) else emptyList())
        },
        log = { log += it },
    )

    @Test
    fun `a misspelling has its place, its suggestions and its attributes`() {
        val found = check.check("a teh", 5)!!.single()
        assertEquals(2 to 3, found.offset to found.length)
        assertEquals(listOf("the", "tech", "ten"), found.suggestions)
        assertEquals(
            SpellCheck.LOOKS_LIKE_TYPO or SpellCheck.HAS_RECOMMENDED_SUGGESTIONS, found.attributes,
        )
    }

    @Test
    fun `no more suggestions than wanted`() {
        assertEquals(listOf("the"), check.check("a teh", 1)!!.single().suggestions)
        for (limit in listOf(0, -1)) {
            val found = check.check("a teh", limit)!!.single()
            assertEquals(emptyList<String>(), found.suggestions)
            assertEquals(SpellCheck.LOOKS_LIKE_TYPO, found.attributes)
        }
    }

    @Test
    fun `a client that cancels is not served on`() {
        assertEquals(emptyList<Misspelling>(), check.check("a teh", 5) { true })
    }

    @Test
    fun `a client waits no longer than the time limit, and gets what was found until then`() {
        val slow = SpellCheck(
            correct = { text, isCancelled ->
                val end = System.nanoTime() + 10_000_000_000
                while (!isCancelled() && System.nanoTime() < end) Thread.sleep(1)
                Correction(text, text, if (System.nanoTime() < end) listOf(edit) else emptyList(), false)
            },
            log = { log += it },
            maxMilliseconds = 20,
        )
        assertEquals(2, slow.check("a teh", 5)!!.single().offset)
        assertEquals(2000, SpellCheck.MAX_MILLISECONDS)
    }

    @Test
    fun `right words and empty texts have none`() {
        assertEquals(emptyList<Misspelling>(), check.check("right", 5))
        assertEquals(emptyList<Misspelling>(), check.check(" \n", 5))
        assertEquals(listOf("right"), asked)
    }

    @Test
    fun `a text that cannot be checked is logged in one line, once`() {
        broken = ModelUnusable(IOException("en.tflite:\ntruncated"))
        repeat(3) { assertNull(check.check("a teh", 5)) }
        assertEquals(listOf("en.tflite: truncated"), log)
        broken = OutOfMemoryError()
        assertNull(check.check("a teh", 5))
        assertEquals(2, log.size)
        broken = null
        assertEquals(1, check.check("a teh", 5)!!.size)
        broken = OutOfMemoryError()
        assertNull(check.check("a teh", 5))
        assertEquals(3, log.size)
    }

    @Test
    fun `of a megabyte the beginning is checked, up to the end of a word`() {
        val text = "word ".repeat(200_000)
        assertEquals(emptyList<Misspelling>(), check.check(text, 5))
        val checked = asked.single()
        assertTrue(checked.length in SpellCheck.MAX_CHARACTERS - 5..SpellCheck.MAX_CHARACTERS)
        assertTrue(checked.endsWith("word"))
        val fits = "x".repeat(SpellCheck.MAX_CHARACTERS)
        assertEquals(fits, SpellCheck.beginning("x".repeat(1_000_000)))
        assertEquals(fits, SpellCheck.beginning(fits))
        assertEquals(fits, SpellCheck.beginning("$fits more"))
    }

    @Test
    fun `a model serves the clients of its language`() {
        for (locale in listOf("en", "en_GB", "en-US", "", null)) {
            assertTrue(SpellCheck.serves(locale, "en"))
        }
        for (locale in listOf("fr", "de_CH", "eng_", "e")) assertFalse(SpellCheck.serves(locale, "fi"))
    }
}
