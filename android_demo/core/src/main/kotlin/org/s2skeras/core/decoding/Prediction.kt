package org.s2skeras.core.decoding

import org.s2skeras.core.text.Unicode
import org.s2skeras.core.text.lstrip
import org.s2skeras.core.text.rstrip
import kotlin.math.exp

/**
 * One output text; `decoding/prediction.py`.
 *
 * @property text the output, in normalisation form C.
 * @property logProb log p(text | source), in nats.
 * @property score what the n best are ranked by.
 * @property sourceTokens the S source tokens.
 * @property targetTokens the T output tokens as the model gave them, `<eos>` included.
 * @property attention T rows of S weights, the alignment; `null` where the model has no attention, and
 *     where the source was split.
 * @property isComplete whether the model ended the output by itself.
 * @property timedOut whether the time limit ended the search.
 * @property pieces where the source was split, the outputs of its pieces, each with its alignment.
 */
class Prediction(
    val text: String,
    val logProb: Double,
    val score: Double,
    val sourceTokens: List<String>,
    val targetTokens: List<String>,
    val attention: List<FloatArray>?,
    val isComplete: Boolean,
    val timedOut: Boolean,
    val pieces: List<Prediction> = emptyList(),
) {
    /** p(text | source), 0 to 1. */
    val probability: Double get() = exp(logProb)
}

/**
 * Joins the outputs of a source's pieces, with the white space that stood around each.
 *
 * @param sources all pieces of the source, white space included.
 * @param outputs those of the first pieces; where the search found none, `null`, and the piece stands
 *     as it is.
 */
internal fun joinPredictions(sources: List<String>, outputs: List<Prediction?>, timedOut: Boolean): Prediction {
    val text = StringBuilder()
    sources.zip(outputs).forEach { (source, output) ->
        val start = source.length - source.lstrip(Unicode::isSpace).length
        val end = source.rstrip(Unicode::isSpace).length
        if (output == null) text.append(source) else text.append(source, 0, start).append(output.text).append(source, end, source.length)
    }
    val pieces = outputs.filterNotNull()
    return Prediction(
        text.toString(),
        pieces.sumOf { it.logProb },
        pieces.sumOf { it.score },
        pieces.flatMap { it.sourceTokens },
        pieces.flatMap { it.targetTokens },
        null,
        outputs.size == sources.size && pieces.all { it.isComplete },
        timedOut || pieces.any { it.timedOut },
        pieces,
    )
}

/** Chooses one output a piece in the n ways of the largest sum of scores, the best first. */
internal fun bestChoices(found: List<List<Prediction>>, nBest: Int): List<List<Prediction?>> {
    var best: List<Pair<Double, List<Prediction?>>> = listOf(0.0 to emptyList())
    for (predictions in found) {
        val outputs = predictions.ifEmpty { listOf(null) }
        best = best
            .flatMap { (score, chosen) -> outputs.map { (score + (it?.score ?: 0.0)) to chosen + it } }
            .sortedByDescending { it.first }
            .take(nBest)
    }
    return best.map { it.second }
}
