package org.s2skeras.core.runtime

import org.s2skeras.core.decoding.CONTEXT_CHARACTERS
import org.s2skeras.core.decoding.CorrectionSettings
import org.s2skeras.core.decoding.DecodingSettings
import org.s2skeras.core.decoding.Edit
import org.s2skeras.core.decoding.Judgement
import org.s2skeras.core.decoding.ResumableSession
import org.s2skeras.core.decoding.WordCorrector
import org.s2skeras.core.decoding.applyEdits
import org.s2skeras.core.decoding.editWord
import org.s2skeras.core.decoding.findEdits
import org.s2skeras.core.text.ChannelModel
import org.s2skeras.core.text.Lexicon
import org.s2skeras.core.text.PROTECTED_KINDS
import org.s2skeras.core.text.Unicode
import org.s2skeras.core.text.findWords
import org.s2skeras.core.text.foreignSpans
import org.s2skeras.core.text.normalize
import org.s2skeras.core.text.straighten
import org.s2skeras.core.text.takeLastPoints
import org.s2skeras.core.text.takePoints
import org.s2skeras.core.text.withCaseOf
import java.io.Closeable
import kotlin.math.exp

/**
 * What became of a text.
 *
 * @property source the text as it was given.
 * @property text the corrected text; where nothing was corrected, [source] itself.
 * @property edits what was changed, in order.
 * @property isComplete whether all of the text was looked at.
 */
data class Correction(val source: String, val text: String, val edits: List<Edit>, val isComplete: Boolean = true)

/**
 * A word that may have been meant.
 *
 * @property probability its share among all candidates; for the next word, of all words; 0 to 1.
 */
data class Suggestion(val text: String, val probability: Double)

/**
 * Corrects texts word by word, each in its context, with a file that holds a lexicon;
 * `runtime/corrector.py`. Any number of threads may use one.
 *
 * @param artifact a file whose task is `correction`.
 * @param factory what runs it.
 * @param correction when a word is changed; where not given, as the file says.
 * @param aggressiveness how readily, 0 to 1; see [CorrectionSettings.margin].
 * @property capitals whether right words get the capitals that they always have.
 * @property personalWords a person's own words, or `null`.
 * @property protectedKinds what is never changed, of [PROTECTED_KINDS].
 * @throws ArtifactException the file is made for another task, or holds no lexicon, or does not fit.
 * @throws IllegalArgumentException a value lies outside its range.
 */
class Corrector(
    private val artifact: Artifact,
    factory: InterpreterFactory,
    correction: CorrectionSettings? = null,
    aggressiveness: Double = 0.5,
    @Volatile var capitals: Boolean = false,
    val personalWords: PersonalWords? = null,
    val protectedKinds: Set<String> = PROTECTED_KINDS,
) : Closeable {
    private val words: WordCorrector = wordCorrector(artifact, correction)
    private val beamWidth: Int
    private val sessions: SessionPool

    @Volatile
    private var personal: Set<String> = emptySet()

    /** How readily words are changed where a call does not say it, 0 to 1. */
    @Volatile
    var aggressiveness: Double = aggressiveness
        set(value) {
            words.settings.margin(true, value) // refuses what is no such number
            field = value
        }

    /** The words that a correction is made of, personal ones included. */
    val lexicon: Lexicon get() = words.lexicon

    init {
        findWords("", protectedKinds) // refuses what is no kind
        words.settings.margin(true, aggressiveness)
        beamWidth = defaultSettings(artifact).beamWidth
        takePersonalWords()
        // A word is looked at twice: as typed, and among others.
        sessions = SessionPool(artifact, factory, keepsEncoded = true)
        if (beamWidth !in sessions.beamWidths + 1) {
            sessions.close()
            throw ArtifactException(
                "${artifact.name}: model.json says beam width $beamWidth, and the graph holds " +
                    "${sessions.beamWidths}. Export it again.",
            )
        }
    }

    /**
     * Corrects a text; all that is not corrected stays as it is, character by character. So do
     * sentences in another language than the model's.
     *
     * @param aggressiveness for this text; the corrector's own where not given.
     * @param isCancelled asked before each word; what was found until then is kept.
     * @throws IllegalArgumentException [aggressiveness] does not lie between 0 and 1.
     */
    fun correct(
        text: String,
        aggressiveness: Double = this.aggressiveness,
        isCancelled: () -> Boolean = { false },
    ): Correction {
        words.settings.margin(true, aggressiveness)
        var isComplete = true
        val edits = sessions.borrowed { session ->
            findEdits(
                text,
                findWords(text, protectedKinds),
                { left, typed, right ->
                    isComplete = isComplete && !isCancelled()
                    if (isComplete) judge(session, aggressiveness, left, typed, right) else null
                },
                ::mayJoin,
            ).toList()
        }
        val kept = ofItsLanguage(text, edits)
        return Correction(text, applyEdits(text, kept), kept, isComplete)
    }

    /**
     * Corrects one word in its context, as a keyboard does where a word ends.
     *
     * @param word one word, or anything: what is no word, or is protected, is left alone.
     * @return the change, with places in [word]; `null` where there is none.
     * @throws IllegalArgumentException see [correct].
     */
    fun correctWord(
        word: String,
        left: String = "",
        right: String = "",
        aggressiveness: Double = this.aggressiveness,
    ): Edit? {
        words.settings.margin(true, aggressiveness)
        val found = findWords(word, protectedKinds)
        if (found.size != 1 || found[0].text != word) return null
        val edit = sessions.borrowed { session ->
            editWord(word + right, found[0], left) { before, typed, behind ->
                judge(session, aggressiveness, before, typed, behind)
            }
        } ?: return null
        val near = left.takeLastPoints(CONTEXT_CHARACTERS)
        val there = edit.copy(start = near.length, end = near.length + word.length)
        val isKept = ofItsLanguage(near + word + right.takePoints(CONTEXT_CHARACTERS), listOf(there)).isNotEmpty()
        return if (isKept) edit else null
    }

    /**
     * Returns what may have been meant by a word, or what it may become, the best first.
     *
     * @param word what was typed so far; empty for the next word.
     * @param count suggestions wanted, at least 1.
     * @return at most [count]; none for what the model cannot read.
     */
    fun suggest(word: String, left: String = "", right: String = "", count: Int = 3): List<Suggestion> {
        require(count >= 1) { "`count` must be a positive integer. Received: $count." }
        if (word.isNotEmpty() && !words.takes(word)) return emptyList()
        val found = sessions.borrowed { words.suggest(it, left, word, right, count, beamWidth) }
        return found.map { Suggestion(withCaseOf(word, lexicon.spelled(it.text)), exp(it.logProb)) }
    }

    /**
     * Adds a personal word, which is then left alone, and may be suggested; see [PersonalWords.learn].
     *
     * @throws IllegalStateException the corrector was opened without personal words.
     */
    fun learn(word: String) = changePersonalWords { it.learn(word) }

    /** Removes a personal word, or lifts a block; see [learn]. */
    fun forget(word: String) = changePersonalWords { it.forget(word) }

    /** Sees to it that a word is never suggested; see [learn]. */
    fun block(word: String) = changePersonalWords { it.block(word) }

    /** Lets the interpreters go; what is used afterwards throws an `IllegalStateException`. */
    override fun close() = sessions.close()

    private fun changePersonalWords(change: (PersonalWords) -> Unit) {
        change(checkNotNull(personalWords) { "Open the corrector with `personalWords`, a file to keep them in." })
        takePersonalWords()
    }

    private fun takePersonalWords(): Unit = synchronized(words) {
        val own = personalWords ?: return
        val shipped = artifact.lexicon ?: return
        val spellings = own.learned.associate { words.context.normalize(it) to straighten(normalize(it)) }
        val lexicon = shipped.changed(
            spellings.mapValues { PERSONAL_FREQUENCY },
            spellings.filter { (word, spelling) -> Unicode.lower(spelling) == word }.values.toList(),
        )
        words.useWords(lexicon, own.blocked.map(words.context::normalize).toSet())
        personal = spellings.keys.toSet()
    }

    private fun judge(
        session: ResumableSession,
        aggressiveness: Double,
        left: String,
        typed: String,
        right: String,
    ): Judgement? {
        if (words.context.normalize(typed) in personal || !words.takes(typed)) return null
        val judgement = words.judge(session, left, typed, right, beamWidth, aggressiveness)
        val spelled = (listOf(judgement.typed) + judgement.others).map { it.copy(text = lexicon.spelled(it.text)) }
        if (capitals && !judgement.isError && Unicode.isLower(typed)) {
            val isError = spelled[0].text != judgement.typed.text && !isNoSentence(right)
            return judgement.copy(others = spelled, isError = isError)
        }
        return judgement.copy(others = spelled.drop(1))
    }

    /** Whether the space between two words may be one too many. */
    private fun mayJoin(one: String, two: String): Boolean {
        val lexicon = lexicon
        val first = words.context.normalize(one)
        val second = words.context.normalize(two)
        return !(first in lexicon && second in lexicon) && first + second in lexicon
    }

    /** Leaves out the edits of sentences in another language than the model's. */
    private fun ofItsLanguage(text: String, edits: List<Edit>): List<Edit> {
        val language = artifact.metadata["source_language"]
        if (edits.isEmpty() || language !is String) return edits
        val spans = foreignSpans(text, language)
        return edits.filter { edit -> spans.none { edit.start in it } }
    }

    companion object {
        private const val PERSONAL_FREQUENCY = 1e-6

        /** Whether a letter is part of an abbreviation, as in `i.e.`, or counts: `i)`. */
        private fun isNoSentence(right: String): Boolean {
            if (right.startsWith("-") || right.startsWith(")")) return true
            if (!right.startsWith(".") || right.length == 1) return false
            val next = right.codePointAt(1)
            return Unicode.isLetterLike(next) || Unicode.isDecimal(next) || next == '_'.code
        }

        /** Returns what judges words by a file's lexicon and channel. */
        private fun wordCorrector(artifact: Artifact, correction: CorrectionSettings?): WordCorrector {
            val metadata = artifact.metadata
            fun fail(problem: String): Nothing = throw ArtifactException("${artifact.name}: $problem")
            if (artifact.task != "correction") fail("a corrector opens files whose task is correction.")
            val lexicon = artifact.lexicon ?: fail("the file holds no lexicon, which this needs.")
            if ("start" in metadata["signatures"] as Map<*, *>) fail("a corrector's file must be exported stateless.")
            try {
                val settings = correction ?: CorrectionSettings.fromMetadata(metadata)
                val longest = metadata["max_source_length"] as Long
                require(settings.rightTokens < longest) {
                    "`right_tokens` ${settings.rightTokens} and an end are more than the file's sources of at most " +
                        "$longest tokens."
                }
                require(artifact.sourceTokenizer == artifact.targetTokenizer) { "Both sides must have one tokeniser." }
                val channel = if ("channel" in metadata) ChannelModel.fromMetadata(metadata) else null
                return WordCorrector(artifact.sourceTokenizer, lexicon, settings, channel)
            } catch (error: IllegalArgumentException) {
                throw ArtifactException("${artifact.name}: ${error.message}", error)
            }
        }
    }
}

/** Returns the settings that a file's `model.json` holds. @throws ArtifactException one is out of range. */
internal fun defaultSettings(artifact: Artifact): DecodingSettings = try {
    DecodingSettings.fromMetadata(artifact.metadata)
} catch (error: IllegalArgumentException) {
    throw ArtifactException("${artifact.name}: model.json: ${error.message}", error)
}
