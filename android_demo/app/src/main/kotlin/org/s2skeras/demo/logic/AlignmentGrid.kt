package org.s2skeras.demo.logic

import org.s2skeras.core.decoding.Prediction

/** An alignment as it is drawn and as it is spoken: a column a source token, a row a target token. */
class AlignmentGrid(
    sourceTokens: List<String>,
    targetTokens: List<String>,
    private val attention: List<FloatArray>,
) {
    val columns: List<String> = sourceTokens.map(::shown)
    val rows: List<String> = targetTokens.map(::shown)

    /** The weight of a cell, 0 to 1; what is missing or no number counts as 0. */
    fun weight(row: Int, column: Int): Float {
        val weight = attention.getOrNull(row)?.getOrNull(column) ?: 0f
        return if (weight.isNaN()) 0f else weight.coerceIn(0f, 1f)
    }

    /** Returns for each row the column that it attends to most. */
    fun strongest(): List<Int> =
        rows.indices.map { row -> columns.indices.maxByOrNull { weight(row, it) } ?: 0 }

    /** Says the alignment in words, for who cannot see it: `le: the, chat: cat`. */
    fun spoken(): String {
        if (columns.isEmpty()) return ""
        return rows.indices.zip(strongest()) { row, column -> "${rows[row]}: ${columns[column]}" }
            .joinToString(", ")
    }

    private fun shown(token: String): String = when (token) {
        "<eos>" -> "\u23CE"
        SPACE.toString() -> "\u2423"
        else -> token.removePrefix(SPACE.toString())
    }

    private companion object {
        /** Stands at the front of a word's first subword; see s2s_keras/text/subword.py. */
        const val SPACE = '\u2581'
    }
}

/** Returns the alignment of each sentence of a translation; none where the model has no attention. */
fun alignments(prediction: Prediction): List<AlignmentGrid> =
    prediction.pieces.ifEmpty { listOf(prediction) }.mapNotNull { piece ->
        piece.attention?.let { AlignmentGrid(piece.sourceTokens, piece.targetTokens, it) }
    }
