package org.s2skeras.core.runtime

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.s2skeras.Goldens
import org.s2skeras.assertClose
import org.s2skeras.core.decoding.CorrectionSettings
import org.s2skeras.core.decoding.WordCorrector
import org.s2skeras.core.text.ChannelModel

class CorrectorGoldenTest {
    private val artifact = Goldens.model("en.tflite")

    @Test
    fun `corrections are Python's`() {
        Corrector(artifact, Goldens.desktop).use { corrector ->
            for (line in Goldens.lines("corrections.jsonl")) {
                val text = line.text("text")
                corrector.capitals = line.flag("capitals")
                val found = corrector.correct(text, line.number("aggressiveness"))
                assertEquals(line.text("corrected"), found.text, text)
                val edits = line.nested("edits")
                assertEquals(edits.size, found.edits.size, text)
                for ((expected, edit) in edits.zip(found.edits)) {
                    assertEquals(expected.int("start") to expected.int("end"), edit.start to edit.end, text)
                    assertEquals(expected.text("typed"), edit.typed, text)
                    assertEquals(expected.text("corrected"), edit.corrected, text)
                    assertEquals(expected.list("alternatives"), edit.alternatives, text)
                    assertClose(expected.values["probability"], edit.probability, text)
                }
            }
        }
    }

    @Test
    fun `judgements are Python's to the last number`() {
        val settings = CorrectionSettings.fromMetadata(artifact.metadata)
        val channel = ChannelModel.fromMetadata(artifact.metadata)
        val words = WordCorrector(artifact.sourceTokenizer, artifact.lexicon!!, settings, channel)
        TfLiteSession(artifact, Goldens.desktop).use { session ->
            session.keepsEncoded = true
            for (line in Goldens.lines("judgements.jsonl")) {
                val (left, typed, right) = listOf("left", "typed", "right").map(line::text)
                val message = line.values.toString()
                assertEquals(line.ints("left_ids"), words.context.leftIds(left, typed).toList(), message)
                assertEquals(line.ints("right_ids"), words.context.rightIds(typed, right).toList(), message)
                val found = words.judge(session, left, typed, right)
                assertEquals(line.flag("is_known"), found.isKnown, message)
                assertEquals(line.flag("is_name"), found.isName, message)
                assertEquals(line.flag("is_error"), found.isError, message)
                val candidates = listOf(found.typed) + found.others
                assertEquals(line.list("candidates").map { (it as List<*>)[0] }, candidates.map { it.text }, message)
                for ((expected, candidate) in line.list("candidates").zip(candidates)) {
                    val numbers = (expected as List<*>).drop(1)
                    assertClose(numbers[0], candidate.logProb, message)
                    assertClose(numbers[1], candidate.score, message)
                    assertClose(numbers[2], candidate.modelLogProb, message)
                    assertClose(numbers[3], candidate.logFrequency, message)
                    assertClose(numbers[4], candidate.slips, message)
                }
            }
        }
    }

    @Test
    fun `suggestions are Python's`() {
        Corrector(artifact, Goldens.desktop).use { corrector ->
            for (line in Goldens.lines("suggestions.jsonl")) {
                val message = line.values.toString()
                val found = corrector.suggest(line.text("typed"), line.text("left"), count = 4)
                val expected = line.list("found").map { it as List<*> }
                assertEquals(expected.map { it[0] }, found.map { it.text }, message)
                expected.zip(found).forEach { (one, other) -> assertClose(one[1], other.probability, message) }
            }
        }
    }
}
