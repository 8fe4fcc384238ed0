package org.s2skeras.core.decoding

import kotlin.math.ln
import kotlin.math.pow

/** Least coverage of a source token that counts, so that the logarithm of 0 stays finite. */
private const val COVERAGE_FLOOR = 1e-6

/**
 * Returns log p / length_penalty(T) + coverage penalty, the larger the better; `decoding/scoring.py`.
 *
 * Reference: Wu et al. 2016, equation 14.
 *
 * @param logProb log p of a hypothesis, in nats.
 * @param length T, its tokens, `eos` included.
 * @param coveragePenalty of [Coverage.penalty], at most 0.
 */
internal fun score(logProb: Double, length: Int, coveragePenalty: Double, settings: DecodingSettings): Double {
    val base = if (settings.lengthPenalty == LengthPenalty.GNMT) (5.0 + length) / 6 else length.toDouble()
    return logProb / base.pow(settings.lengthPenaltyAlpha) + coveragePenalty
}

/** The attention that the source tokens of each row have received; nothing without a penalty. */
internal class Coverage(private val rows: Int, private val length: Int, settings: DecodingSettings) {
    private val beta = settings.coveragePenaltyBeta
    private var received = DoubleArray(if (beta > 0) rows * length else 0)
    private var spare = DoubleArray(received.size)

    /** Adds a step's weights in a row. */
    fun add(output: StepOutput, row: Int) {
        val weights = output.attention
        if (beta <= 0 || weights == null) return
        for (j in 0 until length) received[row * length + j] += weights[row * output.attentionWidth + j].toDouble()
    }

    /** Gives each row the coverage of the row that it continues. */
    fun reorder(parents: IntArray) {
        if (beta <= 0) return
        for (row in 0 until rows) received.copyInto(spare, row * length, parents[row] * length, (parents[row] + 1) * length)
        val before = received
        received = spare
        spare = before
    }

    /** Returns beta * sum over j of log(min(sum over t of alpha_tj, 1)) of a row. */
    fun penalty(row: Int): Double {
        if (beta <= 0) return 0.0
        var sum = 0.0
        for (j in 0 until length) sum += ln(received[row * length + j].coerceIn(COVERAGE_FLOOR, 1.0))
        return beta * sum
    }
}

/** A moment from which on there is no time left; `decoding/deadline.py`. */
internal class Deadline(limitMs: Double?) {
    private val limitNs = limitMs?.let { (it * 1e6).toLong() }
    private val start = System.nanoTime()

    fun isOver(): Boolean = limitNs != null && System.nanoTime() - start >= limitNs

    /** Returns the milliseconds that are left, at least 0, or `null` without a limit. */
    fun leftMs(): Double? = limitNs?.let { maxOf(0.0, (it - (System.nanoTime() - start)) / 1e6) }
}
