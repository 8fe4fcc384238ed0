package org.s2skeras.demo.logic

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.s2skeras.core.decoding.Prediction
import org.s2skeras.core.runtime.Artifact
import org.s2skeras.core.runtime.Translator
import org.s2skeras.desktop.DesktopInterpreter
import java.io.File
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

/** What the second tab does with the model that ships. */
class RealTranslatorTest {
    private val model = File(System.getProperty("models"), "en-fr.tflite")
    private val translator = ModelHolder { Translator(Artifact.read(model), ::DesktopInterpreter) }
    private val shown = LinkedBlockingQueue<Pair<String, Outcome<Prediction>>>()
    private val texts = LatestOnly<String, Prediction>({ it() }, { text, isCancelled ->
        translator.use { it.predict(SpellCheck.beginning(text), isCancelled).first() }
    }, { text, outcome -> shown += text to outcome })

    @AfterEach
    fun release() {
        texts.close()
        translator.release()
    }

    private fun answer(text: String): Outcome<Prediction> {
        texts.ask(text)
        return shown.poll(1, TimeUnit.MINUTES)!!.second
    }

    @Test
    fun `each sentence has its alignment`() {
        val answer = (answer("The cat is black. I am tired.") as Outcome.Done).answer
        assertEquals("Le chat est noir. Je suis fatigu\u00E9.", answer.text)
        val grids = alignments(answer)
        assertEquals(2, grids.size)
        val first = grids.first()
        assertTrue(first.columns.containsAll(listOf("cat", "black", ".")))
        for ((french, english) in listOf("chat" to "cat", "noir" to "black")) {
            val row = first.rows.indexOf(french)
            assertEquals(english, first.columns[first.strongest()[row]])
        }
        assertTrue("chat: cat" in first.spoken())
    }

    @Test
    fun `what cannot be translated is told in one line`() {
        val failed = answer(" ") as Outcome.Failed
        assertEquals("The text is empty.", failed.message)
        for (text in listOf("\uD800 cat \u0000", "x".repeat(1_000_000), "\uD83D\uDE00".repeat(9_999))) {
            val outcome = answer(text)
            if (outcome is Outcome.Failed) assertTrue("The text" in outcome.message) { outcome.message }
        }
        assertEquals("Le chat.", (answer("The cat.") as Outcome.Done).answer.text)
    }

    @Test
    fun `a translation ends for a newer text, and the model is let go under way`() {
        texts.ask("The cat is black and the dog is white. ".repeat(100))
        while (!translator.isLoaded) Thread.sleep(1)
        translator.release()
        texts.ask("The cat.")
        val (text, outcome) = shown.poll(1, TimeUnit.MINUTES)!!
        assertEquals("The cat.", text)
        assertEquals("Le chat.", (outcome as Outcome.Done).answer.text)
        assertEquals(0, shown.size)
    }
}
