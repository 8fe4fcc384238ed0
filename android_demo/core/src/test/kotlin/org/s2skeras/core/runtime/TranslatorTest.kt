package org.s2skeras.core.runtime

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.s2skeras.Goldens
import org.s2skeras.core.decoding.Prediction
import java.util.concurrent.Callable
import java.util.concurrent.CancellationException
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit

/** Time limits, cancellation and streaming, on the model that ships. */
class TranslatorTest {
    private val artifact = Goldens.model("en-fr.tflite")
    private val threads = Executors.newFixedThreadPool(3)

    /** Milliseconds that each call of a graph takes longer, and the calls. */
    private var delay = 0L

    @Volatile
    private var calls = 0
    private val translator = Translator(artifact, { file ->
        val real = Goldens.desktop.open(file)
        object : Interpreter by real {
            override fun signature(name: String): Signature? = real.signature(name)?.let { signature ->
                object : Signature by signature {
                    override fun run() {
                        calls++
                        if (delay > 0) Thread.sleep(delay)
                        signature.run()
                    }
                }
            }
        }
    })
    private val sentence = "The cat is black and the dog is white."
    private val text = List(6) { "$sentence I am tired." }.joinToString(" ")

    @AfterEach
    fun close() {
        threads.shutdown()
        translator.close()
    }

    private fun limit(milliseconds: Double?) = translator.use(translator.settings.copy(timeLimitMs = milliseconds))

    private fun outputs(text: String) = ArrayList<Prediction>().also { found -> translator.stream(text) { found.add(it) } }

    @Test
    fun `a search stops when its time is over, with the best so far`() {
        val whole = translator.translate(sentence)
        assertTrue(whole.isComplete && !whole.timedOut)
        limit(1e-3) // there is always one step
        val first = translator.translate(sentence)
        assertTrue(first.timedOut && !first.isComplete)
        assertEquals(1, first.targetTokens.size)
        limit(100.0)
        delay = 20
        calls = 0
        val some = translator.translate(sentence)
        assertTrue(some.timedOut && !some.isComplete)
        assertTrue(calls <= 7) { "$calls calls of 20 ms in 100 ms" }
        delay = 0
        limit(600_000.0)
        assertEquals(whole.text, translator.translate(sentence).text)
        assertFalse(translator.translate(sentence).timedOut)
    }

    @Test
    fun `the time limit is that of all sentences together`() {
        limit(null)
        val whole = translator.translate(text)
        assertEquals(12, whole.pieces.size)
        limit(300.0)
        delay = 10
        calls = 0
        val some = translator.translate(text)
        assertTrue(some.timedOut && !some.isComplete)
        assertTrue(some.pieces.size in 1..11) { "${some.pieces.size} sentences" }
        assertTrue(calls <= 33) { "$calls calls of 10 ms in 300 ms" }
        val done = some.pieces.dropLast(1).map { it.text }
        assertEquals(whole.pieces.take(done.size).map { it.text }, done)
        delay = 0
        limit(null)
        val (first, second) = listOf("I am tired.", sentence).map {
            calls = 0
            translator.translate(it)
            calls
        }
        limit(20.0 * (first + second / 3)) // is over in the middle of the second sentence
        delay = 20
        calls = 0
        assertTrue(translator.translate("I am tired. $sentence").timedOut)
        assertTrue(calls <= first + second / 3 + 2) { "$calls calls; $first and $second without a limit" }
        val last = outputs(text).last()
        assertTrue(last.timedOut && !last.isComplete)
    }

    @Test
    fun `a translation ends at the next step once it is cancelled, and leaves the model usable`() {
        val whole = translator.translate(text).text
        for (steps in listOf(0, 1, 5, 40)) {
            var asked = 0
            calls = 0
            assertThrows(CancellationException::class.java) { translator.predict(text) { asked++ == steps } }
            assertEquals(steps + 1, asked)
            assertTrue(calls <= 2 * steps + 1) { "$calls calls in $steps steps" }
            val seen = ArrayList<String>()
            asked = 0
            assertThrows(CancellationException::class.java) { translator.stream(text, { asked++ == steps }) { seen.add(it.text) } }
            assertEquals(steps, seen.size)
        }
        assertEquals(whole, translator.translate(text).text)
    }

    @Test
    fun `an output follows the one before, token by token`() {
        translator.use(translator.settings.copy(beamWidth = 1, nBest = 1))
        val found = outputs(sentence)
        assertEquals((1..found.size).toList(), found.map { it.targetTokens.size })
        found.zipWithNext { one, next -> assertEquals(one.targetTokens, next.targetTokens.dropLast(1)) }
        assertEquals(listOf(false, true), found.map { it.isComplete }.takeLast(2))
        assertEquals(translator.translate(sentence).text, found.last().text)
    }

    @Test
    fun `sentences stream one behind the other`() {
        val whole = translator.translate(text)
        val found = outputs(text)
        assertEquals(whole.text, found.last().text)
        val sizes = found.map { it.pieces.size }
        assertEquals(sizes.sorted(), sizes)
        assertEquals((1..12).toSet(), sizes.toSet())
        for (output in found) {
            val done = output.pieces.dropLast(1).map { it.text }
            assertEquals(whole.pieces.take(done.size).map { it.text }, done)
        }
    }

    @Test
    fun `two clients at once get what one gets`() {
        val texts = List(12) { "I have $it cats and she has ${it + 3} dogs." }
        val alone = texts.map { translator.translate(it).text }
        val found = threads.invokeAll(texts.map { Callable { translator.translate(it).text } })
        assertEquals(alone, found.map { it.get(1, TimeUnit.MINUTES) })
    }

    @Test
    fun `a model that is closed under way ends its searches`() {
        delay = 2
        val found = List(2) { threads.submit<Any> { while (true) translator.translate(text) } }
        calls = 0
        while (calls < 20) Thread.sleep(1)
        translator.close()
        for (one in found) {
            val error = assertThrows(ExecutionException::class.java) { one.get(1, TimeUnit.MINUTES) }
            assertTrue(error.cause is IllegalStateException) { "${error.cause}" }
        }
    }
}
