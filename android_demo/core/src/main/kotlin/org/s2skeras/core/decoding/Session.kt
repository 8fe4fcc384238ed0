package org.s2skeras.core.decoding

import org.s2skeras.core.text.EOS_ID

/**
 * The candidates for the next token of R rows; `decoding/session.py`. A session has one, and fills it
 * anew at each step.
 *
 * @property logProbs of (R, K), natural logarithms, in any order.
 * @property tokenIds of (R, K), the tokens that they belong to, distinct in a row.
 * @property attention of (R, [attentionWidth]), of which the first S count: the weights over the
 *     source; `null` where the model has none.
 * @property sourceLength S.
 */
class StepOutput(
    val rows: Int,
    val candidates: Int,
    val attentionWidth: Int,
) {
    val logProbs = FloatArray(rows * candidates)
    val tokenIds = IntArray(rows * candidates)
    val attention: FloatArray? = if (attentionWidth > 0) FloatArray(rows * attentionWidth) else null
    var sourceLength: Int = attentionWidth
        internal set

    /** Returns a copy of a row's weights over the source. */
    fun attentionOf(row: Int): FloatArray? =
        attention?.copyOfRange(row * attentionWidth, row * attentionWidth + sourceLength)
}

/** A model that decodes a source, several rows at once; `decoding.Session` of Python. */
interface Session {
    /** Encodes a source of ids without padding, and forgets the one before. */
    fun start(sourceIds: IntArray, beamWidth: Int)

    /**
     * Advances every row by one token.
     *
     * @param tokens the last token of each row; `bos` at first.
     * @param parents the row of the step before that each row continues.
     */
    fun step(tokens: IntArray, parents: IntArray): StepOutput
}

/** A session that can go on from a decoder's state of before, whatever the source is by now. */
interface ResumableSession : Session {
    /** Returns a copy of the state of the first row behind the last step. */
    fun state(): FloatArray

    /** Goes on, in all rows, from a state. */
    fun resume(state: FloatArray)
}

/**
 * Advances every row, and forbids `eos` where the output would be too short.
 *
 * @throws IllegalArgumentException the model cannot do what the settings ask for.
 * @throws IllegalStateException the model answers with NaN.
 */
internal fun checkedStep(
    session: Session,
    tokens: IntArray,
    parents: IntArray,
    length: Int,
    settings: DecodingSettings,
): StepOutput {
    val output = session.step(tokens, parents)
    checkNumbers(output.logProbs)
    require(output.attention != null || !settings.needsAttention) {
        "`coveragePenaltyBeta` and `replaceUnknown` need a model with attention. Leave both out."
    }
    if (length <= settings.minOutputLength) {
        for (i in output.tokenIds.indices) {
            if (output.tokenIds[i] == EOS_ID) {
                require(output.candidates > 1) { // nothing would be left
                    "`minOutputLength` needs at least 2 candidates a step. Export with more `candidates`."
                }
                output.logProbs[i] = Float.NEGATIVE_INFINITY
            }
        }
    }
    return output
}

/** Refuses NaN, which would rank at random. */
internal fun checkNumbers(logProbs: FloatArray) {
    var sum = 0f
    for (logProb in logProbs) sum += logProb
    check(!sum.isNaN()) { "The model's log-probabilities must be numbers. Received: NaN." }
}
