package org.s2skeras.demo.logic

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.s2skeras.core.decoding.Edit
import org.s2skeras.core.runtime.Correction

class ShownTest {
    @Test
    fun `a preview holds the corrected text and where it changed`() {
        val edits = listOf(
            Edit(0, 3, "Tge", "These", 0.931, listOf("The", "These", "The")),
            Edit(8, 12, "catt", "cat", 1.2, emptyList()),
            Edit(13, 16, "nad", "and", 0.5, emptyList()),
        )
        val preview = Preview(Correction("Tge big catt nad", "These big cat and", edits))
        assertEquals("These big cat and", preview.text)
        assertEquals(listOf("These", "cat", "and"), preview.changed.map(preview.text::substring))
        assertEquals(listOf(93, 100, 50), preview.lines.map { it.percent })
        assertEquals(listOf("The"), preview.lines.first().others)
        assertEquals("same", Preview(Correction("same", "same", emptyList())).text)
    }

    @Test
    fun `an alignment is spoken as each token with the one that it attends to most`() {
        val grid = AlignmentGrid(
            listOf("\u2581the", "\u2581cat", "<eos>"),
            listOf("\u2581chat", "<eos>", "s"),
            listOf(floatArrayOf(0.1f, 0.8f, 0.1f), floatArrayOf(0.9f, 0.1f, Float.NaN)),
        )
        assertEquals(listOf(1, 0, 0), grid.strongest())
        assertEquals("chat: cat, \u23CE: the, s: the", grid.spoken())
        assertEquals(0f, grid.weight(1, 2))
        assertEquals(0f, grid.weight(7, 7))
        assertEquals("", AlignmentGrid(emptyList(), listOf("a"), emptyList()).spoken())
    }
}
