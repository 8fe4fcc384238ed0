package org.s2skeras.demo.logic

import org.s2skeras.core.decoding.Edit
import org.s2skeras.core.runtime.Correction

/** A text as it was corrected, with the places that changed. */
class Preview(correction: Correction) {
    /** The corrected text. */
    val text: String = correction.text

    /** Where in [text] the corrections stand, `start until end`. */
    val changed: List<IntRange>

    /** Each change in one line, with what else may have been meant. */
    val lines: List<Line> =
        correction.edits.map { Line(it.typed, it.corrected, percent(it.probability), others(it)) }

    init {
        var longer = 0
        changed = correction.edits.map { edit ->
            val start = edit.start + longer
            longer += edit.corrected.length - (edit.end - edit.start)
            start until start + edit.corrected.length
        }
    }

    /** One change; `percent` is its share among all candidates. */
    class Line(val typed: String, val corrected: String, val percent: Int, val others: List<String>)

    private companion object {
        const val MAX_OTHERS = 4

        fun percent(probability: Double): Int = (probability.coerceIn(0.0, 1.0) * 100).toInt()

        fun others(edit: Edit): List<String> =
            edit.alternatives.filter { it != edit.corrected }.distinct().take(MAX_OTHERS)
    }
}
