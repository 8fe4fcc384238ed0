package org.s2skeras.core.decoding

import org.s2skeras.core.text.TypedWord
import org.s2skeras.core.text.takeLastPoints
import org.s2skeras.core.text.takePoints
import org.s2skeras.core.text.withCaseOf
import kotlin.math.exp

/** Of the text on either side of a word, handed on to who judges it. */
internal const val CONTEXT_CHARACTERS = 256

/**
 * A change of a text; `decoding/edits.py`.
 *
 * @property start the place in the text of the first character that is replaced, in UTF-16 units.
 * @property end the place behind the last.
 * @property typed what stands there.
 * @property corrected what takes its place.
 * @property probability the correction's share among all candidates, 0 to 1.
 * @property alternatives what else may have been meant, the best first.
 */
data class Edit(
    val start: Int,
    val end: Int,
    val typed: String,
    val corrected: String,
    val probability: Double,
    val alternatives: List<String>,
)

/** Left context, typed, right context -> what is thought of it; `null` for no opinion. */
internal typealias Judge = (left: String, typed: String, right: String) -> Judgement?

/**
 * Yields the edits of a text, in order; none of them touch.
 *
 * A word's left context is the text as it was corrected so far. Two words with one space between
 * them are judged together first where [mayJoin] says that the space may be one too many.
 */
internal fun findEdits(
    text: String,
    words: List<TypedWord>,
    judge: Judge,
    mayJoin: (String, String) -> Boolean,
): Sequence<Edit> = sequence {
    var left = ""
    var done = 0
    var index = 0
    while (index < words.size) {
        val word = words[index]
        left = (left + text.substring(done, word.start)).takeLastPoints(CONTEXT_CHARACTERS)
        done = word.start
        var edit: Edit? = null
        val following = words.getOrNull(index + 1)
        if (following != null && following.start == word.end + 1 && text[word.end] == ' ' &&
            mayJoin(word.text, following.text)
        ) {
            val both = TypedWord(word.start, following.end, text.substring(word.start, following.end))
            edit = editWord(text, both, left, judge)
        }
        if (edit == null) edit = editWord(text, word, left, judge) else index++
        index++
        if (edit != null) {
            yield(edit)
            left += edit.corrected
            done = edit.end
        }
    }
}

/** Returns how a word is to be changed, or `null` where it is not. */
internal fun editWord(text: String, word: TypedWord, left: String, judge: Judge): Edit? {
    val judgement = judge(left, word.text, text.pointsFrom(word.end))
    if (judgement == null || !judgement.isError) return null
    val best = judgement.others[0]
    val corrected = asTyped(word.text, best.text)
    if (corrected == word.text) return null
    val alternatives = judgement.others.drop(1).map { asTyped(word.text, it.text) }
    return Edit(word.start, word.end, word.text, corrected, exp(best.logProb), alternatives)
}

private fun String.pointsFrom(start: Int): String =
    substring(start, minOf(length, start + 2 * CONTEXT_CHARACTERS)).takePoints(CONTEXT_CHARACTERS)

/** Returns a text with its edits, in order; all else stays as it is, character by character. */
internal fun applyEdits(text: String, edits: List<Edit>): String {
    if (edits.isEmpty()) return text
    val corrected = StringBuilder()
    var done = 0
    for (edit in edits) {
        corrected.append(text, done, edit.start).append(edit.corrected)
        done = edit.end
    }
    return corrected.append(text, done, text.length).toString()
}

/** Returns a word in the case of the typed one, with its kind of apostrophe. */
private fun asTyped(typed: String, word: String): String =
    withCaseOf(typed, if ('\u2019' in typed) word.replace('\'', '\u2019') else word)
