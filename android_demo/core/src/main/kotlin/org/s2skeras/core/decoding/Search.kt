package org.s2skeras.core.decoding

import org.s2skeras.core.text.BOS_ID
import org.s2skeras.core.text.EOS_ID
import org.s2skeras.core.text.PAD_ID

/**
 * The search of one source, step by step: call [advance] until it returns false; [standing] tells
 * the best so far at any time. `decoding/beam.py` and, with a beam width of 1, `decoding/rows.py`.
 *
 * A hypothesis that has reached `eos` is frozen: it keeps its place and its score until a better one
 * pushes it out. The search ends when every beam is frozen, when no open beam can still enter the n
 * best, after `maxOutputLength` tokens, or when the time limit is over. A step allocates nothing but
 * room for its tokens.
 *
 * Reference: Sutskever et al. 2014, section 3.2; Wu et al. 2016, section 7.
 *
 * @param sourceIds without padding.
 * @throws IllegalArgumentException the settings need attention, which the model does not have.
 */
class Search(private val session: Session, sourceIds: IntArray, private val settings: DecodingSettings) {
    private val deadline = Deadline(settings.timeLimitMs)
    private val width = settings.beamWidth
    private var rows = IntArray(width) { it }
    private var tokens = IntArray(width) { BOS_ID }

    // The first step has one beam to extend, not `width` equal ones.
    private var logProbs = DoubleArray(width) { if (it == 0) 0.0 else Double.NEGATIVE_INFINITY }
    private var scores = DoubleArray(width)
    private var lengths = IntArray(width)
    private var finished = BooleanArray(width)
    private var nextLogProbs = DoubleArray(width)
    private var nextScores = DoubleArray(width)
    private var nextLengths = IntArray(width)
    private var nextFinished = BooleanArray(width)
    private var totals = DoubleArray(0)
    private var candidateScores = DoubleArray(0)
    private val coverage = Coverage(width, sourceIds.size, settings)
    private val history = History(width, sourceIds.size, settings.maxOutputLength)
    private var length = 0
    private var timedOut = false
    private var isOver = false

    init {
        session.start(sourceIds, width)
    }

    /** Takes a step; returns whether there is another to take. */
    fun advance(): Boolean {
        check(!isOver) { "The search is over." }
        length++
        val output = checkedStep(session, tokens, rows, length, settings)
        rank(output)
        choose(output)
        history.append(tokens, rows, output)
        coverage.reorder(rows)
        val decided = finished.all { it } || (finished.any { it } && isDecided())
        timedOut = !decided && length < settings.maxOutputLength && deadline.isOver()
        isOver = decided || timedOut || length == settings.maxOutputLength
        return !isOver
    }

    /** Returns the n best so far, the best first. */
    fun standing(): List<Hypothesis> = (0 until width)
        .sortedByDescending { scores[it] } // stable
        .take(settings.nBest)
        .filter { !logProbs[it].isInfinite() }
        .map { history.hypothesis(it, logProbs[it], scores[it], timedOut) }

    /** Runs to the end. */
    fun run(isCancelled: () -> Boolean = { false }): List<Hypothesis> {
        do throwIfCancelled(isCancelled) while (advance())
        return standing()
    }

    /** Scores what each beam may go on with; a frozen beam's only candidate is itself. */
    private fun rank(output: StepOutput) {
        val candidates = output.candidates
        if (totals.size != width * candidates) {
            totals = DoubleArray(width * candidates)
            candidateScores = DoubleArray(width * candidates)
        }
        for (row in 0 until width) {
            if (!finished[row]) {
                lengths[row] = length
                coverage.add(output, row)
            }
            val penalty = coverage.penalty(row)
            for (i in row * candidates until (row + 1) * candidates) {
                totals[i] = when {
                    !finished[row] -> logProbs[row] + output.logProbs[i].toDouble()
                    i == row * candidates -> logProbs[row]
                    else -> Double.NEGATIVE_INFINITY
                }
                candidateScores[i] = score(totals[i], lengths[row], penalty, settings)
            }
        }
    }

    /** Keeps the best; of equal ones the first, so that a frozen beam is not lost to a tie. */
    private fun choose(output: StepOutput) {
        for (beam in 0 until width) {
            var best = -1
            for (i in candidateScores.indices) {
                if (candidateScores[i].isNaN()) continue // was chosen before
                if (best < 0 || candidateScores[i] > candidateScores[best]) best = i
            }
            val row = best / output.candidates
            rows[beam] = row
            tokens[beam] = if (finished[row]) PAD_ID else output.tokenIds[best]
            nextLogProbs[beam] = totals[best]
            nextScores[beam] = candidateScores[best]
            nextLengths[beam] = lengths[row]
            nextFinished[beam] =
                finished[row] || tokens[beam] == EOS_ID || totals[best] == Double.NEGATIVE_INFINITY
            candidateScores[best] = Double.NaN
        }
        logProbs = nextLogProbs.also { nextLogProbs = logProbs }
        scores = nextScores.also { nextScores = scores }
        lengths = nextLengths.also { nextLengths = lengths }
        finished = nextFinished.also { nextFinished = finished }
    }

    /** Whether the n best are frozen and out of reach of the open beams. */
    private fun isDecided(): Boolean {
        for (row in 0 until settings.nBest) if (!finished[row]) return false
        val worst = scores[settings.nBest - 1]
        for (row in 0 until width) {
            // At best a beam reaches its present log_prob at the maximum length, all covered.
            if (!finished[row] && worst < score(logProbs[row], settings.maxOutputLength, 0.0, settings)) return false
        }
        return true
    }
}

/** @throws java.util.concurrent.CancellationException the caller wants no more. */
internal fun throwIfCancelled(isCancelled: () -> Boolean) {
    if (isCancelled()) throw java.util.concurrent.CancellationException("The search was cancelled.")
}
