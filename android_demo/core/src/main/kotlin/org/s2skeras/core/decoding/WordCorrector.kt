package org.s2skeras.core.decoding

import org.s2skeras.core.text.ChannelModel
import org.s2skeras.core.text.Lexicon
import org.s2skeras.core.text.MAX_WORD_CHARACTERS
import org.s2skeras.core.text.Tokenizer
import org.s2skeras.core.text.Unicode
import org.s2skeras.core.text.WordContext
import org.s2skeras.core.text.forEachPoint
import org.s2skeras.core.text.pointCount
import kotlin.math.exp
import kotlin.math.ln

/**
 * A word that may have been meant.
 *
 * @property text the word, or two with a space.
 * @property logProb the logarithm of its share, among all candidates and the word as it was typed, of
 *     p(word | context) p(typed | word).
 * @property score what it is ranked by: the weighted sum of the three that follow, in nats.
 * @property modelLogProb log p(word | context).
 * @property logFrequency log f(word).
 * @property slips log p(typed | word) of the channel.
 */
data class Candidate(
    val text: String,
    val logProb: Double,
    val score: Double,
    val modelLogProb: Double,
    val logFrequency: Double,
    val slips: Double,
)

/**
 * What is thought of a typed word.
 *
 * @property typed the word as it was typed, with its score.
 * @property isKnown whether the lexicon has it.
 * @property isName whether it may be a name.
 * @property others what else may have been meant, the best first.
 * @property isError whether the first of the others wins by the margin.
 */
data class Judgement(
    val typed: Candidate,
    val isKnown: Boolean,
    val isName: Boolean,
    val others: List<Candidate>,
    val isError: Boolean,
)

/**
 * Judges words, each in its context; `decoding/correction.py`.
 *
 * A correction c of a typed word t must win by a margin:
 *
 *     a log p(c | context) + w log f(c) + v log p(t | c)
 *         >  a log p(t | context) + w log f(t) + margin
 *
 * Threads may share one, each with a session of its own.
 *
 * @param tokenizer the model's, of both sides, with an end.
 * @throws IllegalArgumentException see [WordContext].
 */
class WordCorrector(
    tokenizer: Tokenizer,
    lexicon: Lexicon,
    val settings: CorrectionSettings,
    private val channel: ChannelModel?,
) {
    val context = WordContext(tokenizer, settings.leftTokens, settings.rightTokens)
    private val size = tokenizer.size
    private val states = LeftStates()

    @Volatile
    private var words = Words(CandidateFinder(lexicon, channel, settings, POOL))

    /** The words that a correction is made of. */
    val lexicon: Lexicon get() = words.finder.lexicon

    private class Words(val finder: CandidateFinder) {
        val remembered = object : LinkedHashMap<Key, Judgement>(2 * REMEMBERED, 0.75f, true) {
            override fun removeEldestEntry(eldest: MutableMap.MutableEntry<Key, Judgement>) = size > REMEMBERED
        }
    }

    private data class Key(val typed: String, val goesOn: Boolean, val left: Ids, val right: Ids)

    /** Judges by other words from now on; of those in [blocked] no correction is made. */
    fun useWords(lexicon: Lexicon, blocked: Set<String> = emptySet()) {
        words = Words(CandidateFinder(lexicon, channel, settings, POOL, blocked))
    }

    /** Whether a word could be one of the lexicon: not too long, and of its characters. */
    fun takes(typed: String): Boolean {
        if (typed.length > 2 * MAX_WORD_CHARACTERS || typed.pointCount > MAX_WORD_CHARACTERS) return false
        val normal = context.normalize(typed)
        if (normal.pointCount !in 1..MAX_WORD_CHARACTERS) return false
        val known = words.finder.characters
        normal.forEachPoint { if (it != ' '.code && it !in known) return false }
        return true
    }

    /**
     * Returns what is thought of a word; the same word in the same context costs nothing.
     *
     * @param left the text before the word.
     * @param typed a word that [takes] takes.
     * @param right the text behind it.
     * @param beamWidth rows for words of several tokens, of those that the session takes.
     * @param aggressiveness see [CorrectionSettings.margin].
     */
    fun judge(
        session: ResumableSession,
        left: String,
        typed: String,
        right: String,
        beamWidth: Int = 8,
        aggressiveness: Double = 0.5,
    ): Judgement {
        val words = words
        val leftIds = context.leftIds(left, typed)
        val rightIds = context.rightIds(typed, right)
        val isCapital = typed.isNotEmpty() && Unicode.isUpper(typed.codePointAt(0))
        val normal = context.normalize(typed)
        val key = Key(normal, WordContext.goesOn(left), Ids(leftIds), Ids(rightIds))
        val known = synchronized(words) { words.remembered[key] }
        val found = known ?: judged(words.finder, session, normal, left, leftIds, rightIds, beamWidth)
        if (known == null) synchronized(words) { words.remembered[key] = found }
        val isName = isCapital && leftIds.isNotEmpty()
        val margin = settings.margin(found.isKnown, aggressiveness, isName)
        val isError = found.others.isNotEmpty() && found.others[0].score > found.typed.score + margin
        return found.copy(isName = isName, isError = isError)
    }

    /**
     * Returns what may have been meant, or what a word that is only begun may become, the best first.
     *
     * @param typed what was typed so far; empty for the next word.
     * @param count candidates wanted, at least 1.
     */
    fun suggest(
        session: ResumableSession,
        left: String,
        typed: String,
        right: String,
        count: Int,
        beamWidth: Int = 8,
    ): List<Candidate> {
        val finder = words.finder
        val leftIds = context.leftIds(left, typed)
        val rightIds = context.rightIds(typed, right)
        val normal = context.normalize(typed)
        val between = Between(session, leftIds, rightIds, states, size, beamWidth)
        if (normal.isEmpty()) return nextWords(finder, between, left, count)
        val parts = arrayListOf(finder.completions(normal), finder.corrections(normal))
        if (finder.lexicon.knows(normal) && normal !in finder.blocked) parts.add(finder.asTyped(normal))
        val candidates = scored(CandidateFinder.joined(parts), between, left)
        return withShares(candidates.sortedByDescending { it.score }.take(count))
    }

    private fun judged(
        finder: CandidateFinder,
        session: ResumableSession,
        typed: String,
        left: String,
        leftIds: IntArray,
        rightIds: IntArray,
        beamWidth: Int,
    ): Judgement {
        val isKnown = finder.lexicon.knows(typed)
        val found = finder.corrections(typed)
        val asTyped = finder.asTyped(typed)
        if (found.texts.isEmpty()) return Judgement(candidate(asTyped, 0, 0.0), isKnown, false, emptyList(), false)
        val between = Between(session, leftIds, rightIds, states, size, beamWidth)
        val candidates = scored(CandidateFinder.joined(listOf(asTyped, found)), between, left)
        val others = candidates.drop(1)
            .filter { !finder.lexicon.areVariants(typed, it.text) }
            .sortedByDescending { it.score } // stable
        val shares = withShares(candidates.take(1) + others)
        return Judgement(shares[0], isKnown, false, shares.drop(1).take(settings.nBest), false)
    }

    /** Returns the likeliest words of one token; nothing is typed that they could be beside. */
    private fun nextWords(finder: CandidateFinder, between: Between, left: String, count: Int): List<Candidate> =
        (0 until size).sortedByDescending { between.first(it) }.asSequence()
            .mapNotNull { token -> context.word(token, left)?.let { token to it } }
            .filter { (_, text) -> text in finder.lexicon && text !in finder.blocked }
            .take(count)
            .map { (token, text) ->
                val logProb = between.first(token).toDouble()
                val logFrequency = finder.logFrequency(text)
                Candidate(text, logProb, score(logProb, logFrequency, 0.0), logProb, logFrequency, 0.0)
            }
            .toList()

    /** Asks the model for words. */
    private fun scored(found: Found, between: Between, left: String): List<Candidate> {
        val logProbs = between.logProbs(found.texts.map { context.wordIds(it, left) })
        return logProbs.mapIndexed { i, logProb -> candidate(found, i, logProb) }
    }

    private fun candidate(found: Found, place: Int, logProb: Double): Candidate {
        val logFrequency = found.logFrequencies[place]
        val slips = found.slips[place]
        return Candidate(found.texts[place], logProb, score(logProb, logFrequency, slips), logProb, logFrequency, slips)
    }

    private fun score(logProb: Double, logFrequency: Double, slips: Double): Double =
        settings.modelWeight * logProb + settings.frequencyWeight * logFrequency + settings.channelWeight * slips

    private companion object {
        const val POOL = 16
        const val REMEMBERED = 256

        /** Returns candidates with their shares of p(word | context) p(typed | word). */
        fun withShares(candidates: List<Candidate>): List<Candidate> {
            if (candidates.isEmpty()) return candidates
            val most = candidates.maxOf { it.modelLogProb + it.slips }
            val total = most + ln(candidates.sumOf { exp(it.modelLogProb + it.slips - most) })
            return candidates.map { it.copy(logProb = it.modelLogProb + it.slips - total) }
        }
    }
}
