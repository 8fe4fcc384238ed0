package org.s2skeras.core.text

import org.s2skeras.core.text.UnicodeTables.CASED
import org.s2skeras.core.text.UnicodeTables.DECIMAL
import org.s2skeras.core.text.UnicodeTables.IGNORABLE
import org.s2skeras.core.text.UnicodeTables.LETTER
import org.s2skeras.core.text.UnicodeTables.LOWER
import org.s2skeras.core.text.UnicodeTables.MARK
import org.s2skeras.core.text.UnicodeTables.NUMBER
import org.s2skeras.core.text.UnicodeTables.SPACE
import org.s2skeras.core.text.UnicodeTables.TITLE
import org.s2skeras.core.text.UnicodeTables.UPPER

/**
 * Characters as Python's strings and regular expressions see them.
 *
 * Java's own tables are another version of Unicode on each release of Android. Characters are code
 * points; half of a surrogate pair by itself is one, too.
 */
internal object Unicode {
    /** Whether a character is a letter: `str.isalpha`. */
    fun isLetter(point: Int): Boolean = has(point, LETTER)

    /** Whether it is in `[^\W\d_]`: a letter, or a number that is no decimal digit. */
    fun isLetterLike(point: Int): Boolean {
        val flags = flags(point)
        return flags and (LETTER or NUMBER) != 0 && flags and DECIMAL == 0
    }

    /** Whether it is in `\d`. */
    fun isDecimal(point: Int): Boolean = has(point, DECIMAL)

    /** Whether the word tokeniser's words are made of such: in `\w`, or a mark. */
    fun isInWord(point: Int): Boolean = point == '_'.code || has(point, LETTER or NUMBER or MARK)

    /** Whether it is white space: `\s`, `str.isspace`. */
    fun isSpace(point: Int): Boolean = has(point, SPACE)

    /** Whether a character is in lower case. */
    fun isLower(point: Int): Boolean = has(point, LOWER)

    /** Whether a character is in upper case. */
    fun isUpper(point: Int): Boolean = has(point, UPPER)

    /** Whether a text holds a lower-case letter, and none in upper or title case: `str.islower`. */
    fun isLower(text: String): Boolean {
        var found = false
        text.forEachPoint { point ->
            val flags = flags(point)
            if (flags and (UPPER or TITLE) != 0) return false
            found = found || flags and LOWER != 0
        }
        return found
    }

    /** Returns a text in lower case: `str.lower`. */
    fun lower(text: String): String {
        if (text.all { it < '\u0080' }) return if (text.any { it in 'A'..'Z' }) lowerAscii(text) else text
        val points = text.points()
        val lower = StringBuilder(text.length)
        for (i in points.indices) {
            when (points[i]) {
                CAPITAL_SIGMA -> lower.append(if (isFinal(points, i)) '\u03c2' else '\u03c3')
                CAPITAL_I_WITH_DOT -> lower.append("i\u0307")
                else -> lower.appendCodePoint(points[i] + lowerDistance(points[i]))
            }
        }
        return lower.toString()
    }

    private fun lowerAscii(text: String): String {
        val lower = CharArray(text.length) { if (text[it] in 'A'..'Z') text[it] + 32 else text[it] }
        return String(lower)
    }

    /** Whether a capital sigma stands at the end of a word. */
    private fun isFinal(points: IntArray, place: Int): Boolean {
        var before = place - 1
        while (before >= 0 && has(points[before], IGNORABLE)) before--
        if (before < 0 || !has(points[before], CASED)) return false
        var behind = place + 1
        while (behind < points.size && has(points[behind], IGNORABLE)) behind++
        return behind == points.size || !has(points[behind], CASED)
    }

    private fun lowerDistance(point: Int): Int {
        var first = 0
        var end = LOWER_RUNS.size
        while (first < end) {
            val middle = (first + end) / 2
            if (LOWER_RUNS[middle][1] < point) first = middle + 1 else end = middle
        }
        if (first == LOWER_RUNS.size) return 0
        val (start, _, step, distance) = LOWER_RUNS[first]
        return if (point >= start && (point - start) % step == 0) distance else 0
    }

    private fun has(point: Int, wanted: Int): Boolean = flags(point) and wanted != 0

    private fun flags(point: Int): Int = FLAGS[point]

    private const val CAPITAL_SIGMA = 0x3a3
    private const val CAPITAL_I_WITH_DOT = 0x130
    private val FLAGS = Runs(UnicodeTables.FLAGS)
    private val LOWER_RUNS: Array<IntArray> =
        UnicodeTables.LOWER_CASE.split(" ").map { run ->
            run.split(".").map { it.toInt(36) }.toIntArray()
        }.toTypedArray()
}

/** Values of all characters, told by runs of equal ones: `value.count` in base 36. */
internal class Runs(table: String) {
    private val starts: IntArray
    private val values: IntArray
    private val first: IntArray

    init {
        val runs = table.split(" ").map { it.split(".") }
        values = IntArray(runs.size) { runs[it][0].toInt(36) }
        starts = IntArray(runs.size)
        for (i in 1 until runs.size) starts[i] = starts[i - 1] + runs[i - 1][1].toInt(36)
        first = IntArray(AT_HAND) { find(it) }
    }

    operator fun get(point: Int): Int = if (point < AT_HAND) first[point] else find(point)

    private fun find(point: Int): Int {
        val place = starts.binarySearch(point)
        return values[if (place >= 0) place else -place - 2]
    }

    private companion object {
        const val AT_HAND = 0x800
    }
}

/** Returns the code points of a text. */
internal fun String.points(): IntArray {
    val points = IntArray(codePointCount(0, length))
    var count = 0
    forEachPoint { points[count++] = it }
    return points
}

internal inline fun String.forEachPoint(action: (Int) -> Unit) {
    var place = 0
    while (place < length) {
        val point = codePointAt(place)
        action(point)
        place += Character.charCount(point)
    }
}

/** The number of code points. */
internal val String.pointCount: Int
    get() = codePointCount(0, length)

/** Returns the last code points of a text: Python's `text[-count:]`. */
internal fun String.takeLastPoints(count: Int): String =
    if (length <= count || pointCount <= count) this else substring(offsetByCodePoints(length, -count))

/** Returns the first code points of a text: Python's `text[:count]`. */
internal fun String.takePoints(count: Int): String =
    if (length <= count || pointCount <= count) this else substring(0, offsetByCodePoints(0, count))

/** Returns a text without what stands at its ends and fulfils a condition: Python's `strip`. */
internal inline fun String.lstrip(isGone: (Int) -> Boolean): String {
    var start = 0
    while (start < length && isGone(codePointAt(start))) start += Character.charCount(codePointAt(start))
    return substring(start)
}

internal inline fun String.rstrip(isGone: (Int) -> Boolean): String {
    var end = length
    while (end > 0 && isGone(codePointBefore(end))) end -= Character.charCount(codePointBefore(end))
    return substring(0, end)
}

/** Returns a text without white space at its ends. */
internal fun String.stripped(): String = lstrip(Unicode::isSpace).rstrip(Unicode::isSpace)

/** Returns what white space separates: Python's `text.split()`. */
internal fun String.splitAtSpaces(): List<String> {
    val parts = ArrayList<String>()
    var start = -1
    var place = 0
    while (place < length) {
        val point = codePointAt(place)
        if (Unicode.isSpace(point)) {
            if (start >= 0) parts.add(substring(start, place))
            start = -1
        } else if (start < 0) {
            start = place
        }
        place += Character.charCount(point)
    }
    if (start >= 0) parts.add(substring(start))
    return parts
}
