package org.s2skeras.core.runtime

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import org.s2skeras.Golden
import org.s2skeras.Goldens
import org.s2skeras.assertClose
import org.s2skeras.core.decoding.Prediction
import java.io.File

/**
 * Files of other kinds than the shipped ones, of `tests/android/kinds.py`.
 *
 * TensorFlow Lite's C library runs the stateful ones, too: its variables live as long as the
 * interpreter.
 */
class KindsGoldenTest {
    private fun artifact(name: String) = Artifact.read(File(Goldens.folder, "kinds/$name.tflite"))

    private fun lines(name: String) = Goldens.lines("kinds/$name.jsonl", atLeast = 30)

    @ParameterizedTest
    @ValueSource(strings = ["stateful", "stateful-shortlist", "shortlist", "words"])
    fun `outputs are Python's, beam by beam`(name: String) {
        val artifact = artifact(name)
        val texts = HashSet<String>()
        Translator(artifact, Goldens.desktop).use { translator ->
            for (line in lines(name)) {
                val text = line.text("text")
                assertEquals(line.ints("source_ids"), artifact.sourceTokenizer.encode(text).toList(), text)
                translator.use(line.settings())
                val expected = line.nested("outputs")
                if (expected.isEmpty()) {
                    val error = assertThrows(Exception::class.java) { translator.predict(text) }
                    assertTrue(error is InputException || error is IllegalArgumentException) { "$error" }
                    continue
                }
                val found = translator.predict(text)
                assertEquals(expected.map { it.text("text") }, found.map { it.text }, text)
                texts += found.map { it.text }
                expected.zip(found).forEach { (one, other) -> same(one, other, "$name: $text") }
                val streamed = ArrayList<String>()
                translator.stream(text) { streamed.add(it.text) }
                assertEquals(line.list("stream"), streamed, text)
            }
        }
        assertTrue(texts.size > 40) { "only ${texts.size} different outputs" }
    }

    private fun same(expected: Golden, found: Prediction, message: String) {
        assertEquals(expected.list("target_tokens"), found.targetTokens, message)
        assertClose(expected.values["log_prob"], found.logProb, message)
        assertClose(expected.values["score"], found.score, message)
        assertEquals(expected.flag("is_complete"), found.isComplete, message)
        val weights = expected.values["attention"] as List<*>?
        assertEquals(weights?.size, found.attention?.size, message)
        weights.orEmpty().zip(found.attention.orEmpty()).forEach { (row, other) ->
            assertEquals((row as List<*>).size, other.size, message)
            row.zip(other.toList()).forEach { (one, weight) -> assertClose(one, weight.toDouble(), message) }
        }
    }

    @Test
    fun `words of several tokens are corrected as by Python, without a channel or a language`() {
        Corrector(artifact("corrector"), Goldens.desktop).use { corrector ->
            for (line in lines("corrector")) {
                val text = line.text("text")
                val found = corrector.correct(text, line.number("aggressiveness"))
                assertEquals(line.text("corrected"), found.text, text)
                val edits = line.nested("edits")
                assertEquals(edits.map { it.list("alternatives") }, found.edits.map { it.alternatives }, text)
                edits.zip(found.edits).forEach { (one, edit) -> assertClose(one.values["probability"], edit.probability, text) }
                val suggested = line.list("suggested").map { it as List<*> }
                val suggestions = corrector.suggest(line.text("begun"), text, count = 5)
                assertEquals(suggested.map { it[0] }, suggestions.map { it.text }, text)
                suggested.zip(suggestions).forEach { (one, other) -> assertClose(one[1], other.probability, text) }
            }
        }
    }

    @Test
    fun `the smallest graph that holds a source takes it`() {
        val calls = ArrayList<String>()
        TfLiteSession(artifact("stateful")) { Recorded(Goldens.desktop.open(it), calls) }.use { session ->
            calls.clear() // the proof, before the first text
            for ((size, graph) in listOf(1 to "_s3", 3 to "_s3", 4 to "_s6", 6 to "_s6", 7 to "", 12 to "")) {
                session.start(IntArray(size) { 4 }, 3)
                val output = session.step(IntArray(3) { 1 }, IntArray(3) { 0 })
                assertEquals(size, output.sourceLength)
                assertEquals(size, output.attentionOf(0)!!.size)
                assertEquals(listOf("start$graph", "step$graph"), calls)
                calls.clear()
            }
            assertThrows(IllegalArgumentException::class.java) { session.start(IntArray(13) { 4 }, 3) }
            assertThrows(IllegalArgumentException::class.java) { session.start(intArrayOf(4), 2) }
        }
    }

    @Test
    fun `a stateful file keeps its state to itself`() {
        TfLiteSession(artifact("stateful"), Goldens.desktop).use { session ->
            session.start(intArrayOf(4), 1)
            assertThrows(IllegalStateException::class.java) { session.state() }
            assertThrows(IllegalArgumentException::class.java) { session.resume(FloatArray(3)) }
        }
    }

    @Test
    fun `a graph that is not of the vocabularies or the metadata is refused when it is opened`() {
        val problems = mapOf(
            "larger-source" to "fails on ids of its vocabularies",
            "larger-target" to "fails on ids of its vocabularies",
            "smaller-target" to "answers with ids that are not in the vocabulary of 8",
            "other-name" to "there is no signature `begin`",
            "other-shape" to "A source's inputs must be {source_ids=INT32 [1, 12]}. Received: {source_ids=INT32 [1, 3]}.",
            "other-width" to "A step's inputs must be {parent=INT32 [2], token=INT32 [2]}",
            "other-flavour" to "A step must take `parent` in a stateful file, and nowhere else.",
            "other-length" to "The longest source length must be `max_source_length`.",
        )
        assertEquals(problems.keys, File(Goldens.folder, "kinds/unfit").list()!!.map { it.substringBefore('.') }.toSet())
        for ((name, problem) in problems) {
            val artifact = artifact("unfit/$name")
            var closed = 0
            val error = assertThrows(ArtifactException::class.java) {
                Translator(artifact, {
                    object : Interpreter by Goldens.desktop.open(it) {
                        override fun close() {
                            closed++
                        }
                    }
                })
            }
            assertTrue(error.message!!.startsWith("${artifact.name}: ") && problem in error.message!!) { "$error" }
            assertEquals(1, closed, name)
        }
    }

    private class Recorded(private val interpreter: Interpreter, private val calls: MutableList<String>) : Interpreter {
        override fun signature(name: String): Signature? = interpreter.signature(name)?.let { signature ->
            object : Signature by signature {
                override fun run() {
                    calls.add(name)
                    signature.run()
                }
            }
        }

        override fun close() = interpreter.close()
    }
}
