package org.s2skeras.core.runtime

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import org.s2skeras.Goldens
import org.s2skeras.assertClose

class TranslatorGoldenTest {
    @Test
    fun `translations are Python's, beam by beam`() {
        Translator(Goldens.model("en-fr.tflite"), Goldens.desktop).use { translator ->
            for (line in Goldens.lines("translations.jsonl")) {
                val text = line.text("text")
                translator.use(line.settings())
                val outputs = line.nested("outputs")
                if (outputs.isEmpty()) {
                    assertThrows(InputException::class.java) { translator.predict(text) }
                    continue
                }
                val found = translator.predict(text)
                assertEquals(outputs.map { it.list("target_tokens") }, found.map { it.targetTokens }, text)
                assertEquals(outputs.map { it.text("text") }, found.map { it.text }, text)
                for ((expected, output) in outputs.zip(found)) {
                    assertClose(expected.values["log_prob"], output.logProb, text)
                    assertClose(expected.values["score"], output.score, text)
                    assertEquals(expected.flag("is_complete"), output.isComplete, text)
                    val lookedAt = output.attention?.map { row -> row.indices.maxByOrNull { row[it] }!!.toLong() }
                    assertEquals(expected.values["looked_at"], lookedAt, text)
                }
                if (line.list("stream").isNotEmpty()) {
                    val streamed = ArrayList<String>()
                    translator.stream(text) { streamed.add(it.text) }
                    assertEquals(line.list("stream"), streamed, text)
                }
            }
        }
    }
}
