package org.s2skeras.core.decoding

import org.s2skeras.core.text.EOS_ID

/**
 * One output of a search; `decoding/hypothesis.py`.
 *
 * @property tokenIds T ids; the last is `eos` unless decoding stopped at the maximum length.
 * @property logProb the sum of the tokens' log-probabilities, in nats.
 * @property score what hypotheses are ranked by; see [score].
 * @property attention T rows of S weights over the source, or `null` where the model has none.
 * @property timedOut whether the time limit ended the search.
 */
class Hypothesis(
    val tokenIds: IntArray,
    val logProb: Double,
    val score: Double,
    val attention: List<FloatArray>?,
    val timedOut: Boolean,
)

/** What every step chose, for each row: a step adds to arrays that are there. */
internal class History(private val rows: Int, private val sourceLength: Int, steps: Int) {
    private var tokens = IntArray(rows * minOf(steps, AT_FIRST))
    private var parents = IntArray(tokens.size)
    private var attention: FloatArray? = null
    private var size = 0

    /** Notes a step: what each row chose, the row that it continues, the weights of the parents. */
    fun append(chosen: IntArray, from: IntArray, output: StepOutput) {
        if ((size + 1) * rows > tokens.size) {
            tokens = tokens.copyOf(2 * tokens.size + rows)
            parents = parents.copyOf(tokens.size)
        }
        chosen.copyInto(tokens, size * rows)
        from.copyInto(parents, size * rows)
        val weights = output.attention
        if (weights != null) {
            val kept = attention.let {
                if (it != null && it.size >= tokens.size * sourceLength) it
                else (it ?: FloatArray(0)).copyOf(tokens.size * sourceLength)
            }
            for (row in 0 until rows) {
                val start = row * output.attentionWidth
                weights.copyInto(kept, (size * rows + row) * sourceLength, start, start + sourceLength)
            }
            attention = kept
        }
        size++
    }

    /** Follows a row back to the first step, and cuts the padding after `eos` off. */
    fun hypothesis(row: Int, logProb: Double, score: Double, timedOut: Boolean): Hypothesis {
        val ids = IntArray(size)
        val places = IntArray(size)
        var current = row
        for (step in size - 1 downTo 0) {
            ids[step] = tokens[step * rows + current]
            current = parents[step * rows + current]
            places[step] = step * rows + current
        }
        val end = ids.indexOf(EOS_ID)
        val length = if (end < 0) size else end + 1
        val weights = attention?.let { all ->
            List(length) { all.copyOfRange(places[it] * sourceLength, (places[it] + 1) * sourceLength) }
        }
        return Hypothesis(ids.copyOf(length), logProb, score, weights, timedOut)
    }

    private companion object {
        const val AT_FIRST = 64
    }
}
