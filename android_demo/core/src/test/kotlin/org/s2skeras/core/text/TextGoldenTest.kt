package org.s2skeras.core.text

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource
import org.junit.jupiter.api.Test
import org.s2skeras.Goldens

class TextGoldenTest {
    @ParameterizedTest
    @ValueSource(strings = ["character-any", "character-lower", "subword-any", "subword-lower", "word-any", "word-lower"])
    fun `tokens are Python's`(name: String) {
        val lines = Goldens.lines("$name.jsonl")
        val tokenizer = Tokenizer.fromDefinition(lines[0].values)
        for (line in lines.drop(1)) {
            val ids = line.ints("ids").toIntArray()
            assertEquals(line.text("decoded"), tokenizer.decode(ids)) { line.values.toString() }
            if (line.values["text"] == null) continue
            assertArrayEquals(ids, tokenizer.encode(line.text("text"))) { line.values.toString() }
        }
    }

    @Test
    fun `texts are cut as by Python`() {
        val tokenizer = Tokenizer.fromDefinition(Goldens.lines("subword-any.jsonl")[0].values)
        for (line in Goldens.lines("texts.jsonl")) {
            val text = line.text("text")
            assertEquals(line.text("lower"), Unicode.lower(text), text)
            val words = findWords(text)
            assertEquals(line.list("words"), words.map { listOf(it.start.toLong(), it.end.toLong(), it.text) }, text)
            assertEquals(line.list("unprotected"), findWords(text, emptySet()).map { it.text }, text)
            assertEquals(line.list("sentences"), splitSentences(text), text)
            if (line.values["pieces"] != null) assertEquals(line.list("pieces"), splitText(text, tokenizer, 20), text)
            val foreign = foreignSpans(text, "en").map { listOf(it.first.toLong(), it.last + 1L) }
            assertEquals(line.list("foreign"), foreign, text)
            if (line.values["cased"] != null) assertEquals(line.text("cased"), withCaseOf(text, "wo\u00dfrd"), text)
        }
    }
}
