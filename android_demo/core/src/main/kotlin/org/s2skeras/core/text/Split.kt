package org.s2skeras.core.text

private const val SPACELESS_ENDS = "\u3002\uff01\uff1f"
private const val SPACELESS_PAUSES = "\u3001\uff0c\uff1b\uff1a"
private const val SPACELESS = SPACELESS_ENDS + SPACELESS_PAUSES
private const val SENTENCE_ENDS = ".!?\u2026$SPACELESS_ENDS"
private const val PAUSES = ",;:\u2013\u2014$SPACELESS_PAUSES"
private const val LINE_ENDS = "\n\r\u2028\u2029"
private const val OPENERS = "\"'([{\u00ab\u2039\u201c\u2018\u201e\u00bf\u00a1-\u2013\u2014"
private const val CLOSERS = "\"')]}\u00bb\u203a\u201d\u2019\u300d\u300f\uff09"
private const val CONSONANTS = "bcdfghjklmnpqrstvwxz"

/**
 * Splits a text into pieces of at most [longest] tokens, and loses nothing; `text/split.py`.
 *
 * Each piece but the last reaches as far as it can to the end of a sentence or of a line; where none
 * is in reach, to another punctuation mark; where none is either, to white space.
 */
fun splitText(text: String, tokenizer: Tokenizer, longest: Int): List<String> {
    val parts = parts(text)
    fun joined(start: Int, end: Int) = parts.subList(start, end).joinToString("")
    fun fits(start: Int, end: Int) = tokenizer.encode(joined(start, end).stripped()).size <= longest
    val ranks = parts.map(::rank)
    val alone = parts.map { tokenizer.encode(it.stripped()).size }
    val followed = parts.map { tokenizer.encode(it.lstrip(Unicode::isSpace)).size }
    val pieces = ArrayList<String>()
    var start = 0
    while (start < parts.size) {
        var end = start + 1
        var tokens = followed[start]
        while (end < parts.size && tokens + alone[end] <= longest) tokens += followed[end++]
        while (end > start + 1 && !fits(start, end)) end--
        while (end < parts.size && fits(start, end + 1)) end++
        if (end < parts.size) {
            val best = (start until end).minOf { ranks[it] }
            end = (start until end).last { ranks[it] == best } + 1
        }
        pieces.add(joined(start, end))
        start = end
    }
    return pieces
}

/**
 * Splits a text into its sentences, and loses nothing; `text/split.py`.
 *
 * One ends where a line does, and behind a full stop, a question or an exclamation mark. What goes
 * on in lower case goes on; "Mrs." and single letters with a full stop end none.
 */
fun splitSentences(text: String): List<String> {
    val sentences = ArrayList<String>()
    val parts = parts(text)
    var start = 0
    for (i in parts.indices) {
        val following = parts.getOrElse(i + 1) { "" }
        if (following.isEmpty() || endsSentence(parts[i], following)) {
            sentences.add(parts.subList(start, i + 1).joinToString(""))
            start = i + 1
        }
    }
    return sentences
}

/** Returns parts that reach to the next place where a text may be split, white space included. */
private fun parts(text: String): List<String> {
    val parts = ArrayList<String>()
    var start = 0
    while (start < text.length) {
        var end = text.skip(start, condition = Unicode::isSpace)
        end = text.skip(end) { !Unicode.isSpace(it) && it !in SPACELESS }
        if (end < text.length && text[end] in SPACELESS) {
            end = text.skip(end) { it in SPACELESS }
            end = text.skip(end) { it in CLOSERS }
        }
        end = text.skip(end, condition = Unicode::isSpace)
        parts.add(text.substring(start, end))
        start = end
    }
    return parts
}

/** Returns the first place from [start] on where a condition does not hold. */
internal inline fun String.skip(start: Int, end: Int = length, condition: (Int) -> Boolean): Int {
    var place = start
    while (place < end && condition(codePointAt(place))) place += Character.charCount(codePointAt(place))
    return place
}

internal operator fun String.contains(point: Int): Boolean = point < 0x10000 && indexOf(point.toChar()) >= 0

private fun endsSentence(part: String, following: String): Boolean {
    if (rank(part) > 0) return false
    val body = part.rstrip(Unicode::isSpace)
    if (endsLine(part, body)) return true
    val next = following.lstrip { it in OPENERS }
    if (next.isNotEmpty() && Unicode.isLower(next.codePointAt(0))) return false
    val marks = body.rstrip { it in CLOSERS }
    return !(marks.endsWith(".") && isAbbreviation(marks.stripped().lstrip { it in OPENERS }))
}

/** How good a place to split the end of a part is, 0 the best. */
private fun rank(part: String): Int {
    val body = part.rstrip(Unicode::isSpace)
    val last = body.rstrip { it in CLOSERS }.lastOrNull()
    return when {
        last != null && last in SENTENCE_ENDS || endsLine(part, body) -> 0
        last != null && last in PAUSES -> 1
        else -> 2
    }
}

private fun endsLine(part: String, body: String): Boolean =
    (body.length until part.length).any { part[it] in LINE_ENDS }

/** Whether a text is a letter, or a capital and one or two consonants, and a full stop. */
private fun isAbbreviation(text: String): Boolean {
    if (!text.endsWith(".")) return false
    val points = text.dropLast(1).points()
    if (points.size == 1) return Unicode.isLetterLike(points[0])
    return points.size in 2..3 && points[0] in 'A'.code..'Z'.code && points.drop(1).all { it in CONSONANTS }
}
