package org.s2skeras.demo.logic

import org.s2skeras.core.decoding.Edit
import org.s2skeras.core.runtime.Correction
import java.util.Locale

/**
 * What the system's spell checking asks for, without a word of Android.
 *
 * @param correct corrects a text; it asks its second argument whether it shall stop.
 * @param log takes one line.
 * @param maxMilliseconds of one text; after them nobody waits any more.
 */
class SpellCheck(
    private val correct: (text: String, isCancelled: () -> Boolean) -> Correction,
    private val log: (String) -> Unit,
    private val maxMilliseconds: Long = MAX_MILLISECONDS,
) {
    private var logged: String? = null

    /**
     * Returns the misspelled words of a text, in order; `null` where it cannot be checked, which is
     * logged in one line, once in a row.
     *
     * @param limit suggestions wanted for each, at most.
     * @param isCancelled whether nobody waits any more; the words that were found until then are
     *     returned.
     */
    fun check(
        text: String,
        limit: Int,
        isCancelled: () -> Boolean = { false },
    ): List<Misspelling>? {
        val start = System.nanoTime()
        val isLate = { System.nanoTime() - start > maxMilliseconds * NANOSECONDS }
        val checked = beginning(text)
        if (checked.isBlank()) return emptyList()
        val edits = when (val outcome = outcomeOf { correct(checked) { isCancelled() || isLate() } }) {
            is Outcome.Done -> outcome.answer.edits
            is Outcome.Failed -> {
                logOnce(outcome.message)
                return null
            }
        }
        synchronized(this) { logged = null }
        return edits.map { misspelling(it, limit) }
    }

    private fun misspelling(edit: Edit, limit: Int): Misspelling {
        val suggestions = (listOf(edit.corrected) + edit.alternatives)
            .filter { it != edit.typed }
            .distinct()
            .take(limit.coerceIn(0, MAX_SUGGESTIONS))
        val recommended = if (suggestions.isEmpty()) 0 else HAS_RECOMMENDED_SUGGESTIONS
        return Misspelling(
            edit.start,
            edit.end - edit.start,
            suggestions,
            LOOKS_LIKE_TYPO or recommended,
        )
    }

    private fun logOnce(message: String) {
        val isNew = synchronized(this) { (logged != message).also { logged = message } }
        if (isNew) log(message)
    }

    companion object {
        // As android.view.textservice.SuggestionsInfo has them.
        const val IN_THE_DICTIONARY = 1
        const val LOOKS_LIKE_TYPO = 2
        const val HAS_RECOMMENDED_SUGGESTIONS = 4

        /** Of a text, the rest is left alone. */
        const val MAX_CHARACTERS = 5000

        /** So long a client waits. */
        const val MAX_MILLISECONDS = 2000L

        private const val NANOSECONDS = 1_000_000L
        private const val MAX_SUGGESTIONS = 10

        /** Returns at most [MAX_CHARACTERS] of a text, up to a white space where there is one. */
        fun beginning(text: String): String {
            if (text.length <= MAX_CHARACTERS) return text
            val end = (MAX_CHARACTERS downTo 1).firstOrNull { text[it].isWhitespace() }
            return text.substring(0, end ?: MAX_CHARACTERS)
        }

        /** Whether a model for `language` serves a client's locale, as `en_GB`; it does where none is given. */
        fun serves(locale: String?, language: String): Boolean {
            if (locale.isNullOrEmpty()) return true
            val asked = Locale.forLanguageTag(locale.replace('_', '-')).language
            return asked == Locale(language).language
        }
    }
}

/** A misspelled word; `attributes` are those of `SuggestionsInfo`. */
class Misspelling(
    val offset: Int,
    val length: Int,
    val suggestions: List<String>,
    val attributes: Int,
)
