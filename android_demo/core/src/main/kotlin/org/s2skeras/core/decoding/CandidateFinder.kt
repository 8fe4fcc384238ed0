package org.s2skeras.core.decoding

import org.s2skeras.core.text.ChannelModel
import org.s2skeras.core.text.Lexicon
import org.s2skeras.core.text.pointCount

/**
 * Words that may have been meant, the best first by w log f(word) + v log p(typed | word).
 *
 * @property texts C words, or two with a space.
 * @property logFrequencies log f(word); of two words the sum.
 * @property slips log p(typed | word) of the channel.
 */
class Found(val texts: List<String>, val logFrequencies: DoubleArray, val slips: DoubleArray)

/**
 * Finds the words of a lexicon that may have been meant by what was typed; `decoding/candidates.py`.
 *
 * A word that the lexicon lacks may be any that lies within some edits, or two words without the
 * space between them. One that it has may be any within one edit, or one that it is often confused
 * with.
 *
 * @param count words that are found, at most.
 * @property blocked words that are never found.
 */
class CandidateFinder(
    val lexicon: Lexicon,
    private val channel: ChannelModel?,
    private val settings: CorrectionSettings,
    private val count: Int,
    val blocked: Set<String> = emptySet(),
) {
    /** The characters of all words. */
    val characters: Set<Int> = lexicon.characters
    private val nearWords = NearWords(lexicon, channel)

    /** Returns log f(text): of several words the sum, and a floor for what is no word. */
    fun logFrequency(text: String): Double =
        text.split(" ").sumOf { lexicon.logFrequency(it) ?: UNKNOWN_LOG_FREQUENCY }

    /** Returns what may have been meant by a whole word, itself excepted. */
    fun corrections(typed: String): Found {
        if (lexicon.knows(typed)) return best(nearWords.find(typed, minOf(1, settings.maxEdits)), confused(typed))
        return best(nearWords.find(typed, settings.maxEdits), splits(typed))
    }

    /** Returns the words that a beginning may become; one slip is forgiven in a longer one. */
    fun completions(typed: String): Found {
        val length = typed.pointCount
        val near = nearWords.find(typed, if (length >= FUZZY) minOf(1, settings.maxEdits) else 0, true)
        val slips = DoubleArray(near.indices.size) {
            val missing = nearWords.length(near.indices[it]).toDouble() - length
            near.slips[it] - (MISSING * missing + if (near.edits[it] > 0) SLIP_OF_BEGINNING else 0.0)
        }
        return best(Near(near.indices, slips, near.edits), emptyList())
    }

    /** Returns what was typed as what was meant. */
    fun asTyped(typed: String): Found =
        Found(listOf(typed), doubleArrayOf(logFrequency(typed)), doubleArrayOf(0.0))

    /** Joins near words and others, each with its slips; what is blocked is left out. */
    private fun best(near: Near, others: List<Pair<String, Double>>): Found {
        val values = DoubleArray(near.indices.size) { value(lexicon.logFrequency(near.indices[it]), near.slips[it]) }
        val most = count + blocked.size
        val least = if (values.size > most) values.sortedArray()[values.size - most] else Double.NEGATIVE_INFINITY
        val slips = LinkedHashMap<String, Double>()
        for (i in values.indices) if (values[i] >= least) slips[lexicon.word(near.indices[i])] = near.slips[i]
        for ((text, logProb) in others) slips[text] = maxOf(logProb, slips[text] ?: logProb)
        val texts = slips.keys.filter { text -> blocked.isEmpty() || text.split(" ").none { it in blocked } }
        val frequencies = texts.map(::logFrequency)
        val order = texts.indices
            .sortedByDescending { value(frequencies[it], slips.getValue(texts[it])) } // stable
            .take(count)
        return Found(
            order.map { texts[it] },
            DoubleArray(order.size) { frequencies[order[it]] },
            DoubleArray(order.size) { slips.getValue(texts[order[it]]) },
        )
    }

    private fun value(logFrequency: Double, slips: Double): Double =
        settings.frequencyWeight * logFrequency + settings.channelWeight * slips

    /** Returns the pairs of words that are typed so where the space is left out. */
    private fun splits(typed: String): List<Pair<String, Double>> {
        if (settings.maxEdits < 1 || ' ' in typed) return emptyList()
        val omission = channel?.omission(' ') ?: 0.0
        return (1 until typed.length)
            .filter { !typed[it].isLowSurrogate() }
            .map { typed.substring(0, it) to typed.substring(it) }
            .filter { (one, other) -> one in lexicon && other in lexicon }
            .map { (one, other) -> "$one $other" to omission }
    }

    /** Returns the words of the lexicon that the typed one is often confused with. */
    private fun confused(typed: String): List<Pair<String, Double>> {
        if (channel == null) return emptyList()
        return channel.confusions[typed].orEmpty().filter { it in lexicon }.map { it to channel.confusionLogProb }
    }

    companion object {
        private const val UNKNOWN_LOG_FREQUENCY = -25.5
        private const val FUZZY = 4
        private const val MISSING = 0.5
        private const val SLIP_OF_BEGINNING = 4.0

        /** Returns the words of all parts, each once, with the likeliest of its slips. */
        fun joined(parts: List<Found>): Found {
            val found = LinkedHashMap<String, Pair<Double, Double>>()
            for (part in parts) {
                part.texts.forEachIndexed { i, text ->
                    val slips = maxOf(part.slips[i], found[text]?.second ?: part.slips[i])
                    found[text] = part.logFrequencies[i] to slips
                }
            }
            val columns = found.values.toList()
            return Found(
                found.keys.toList(),
                DoubleArray(columns.size) { columns[it].first },
                DoubleArray(columns.size) { columns[it].second },
            )
        }
    }
}
