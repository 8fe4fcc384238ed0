package org.s2skeras.core.text

/** What is typed for an apostrophe, beside the typewriter's. */
private const val APOSTROPHES = "\u2018\u2019\u02bc\u00b4`"

/** What a run of characters without white space is, by what is found in its [sorts]. */
private val CHUNK_KINDS: Map<String, Regex> = run {
    val letter = "[a-zA-Z\u00aa]"
    val word = "[a-zA-Z\u00aa0-9_]"
    mapOf(
        "url" to "$word://|www\\.|$letter\\.$letter{2}|(?<![a-zA-Z\u00aa0-9_/])[~.]{0,2}/$word|$word[/\\\\]$word+[/\\\\]$word",
        "email" to "$word@$word",
        "mention" to "(?<!$word)@$word",
        "hashtag" to "(?<!$word)#$word",
        "code" to "[_\\\\\\{\\}<>=|\\^\\$]|::|\\(\\)|->|$word\\[|--$word|$letter{2}\\.$letter(?![a-zA-Z\u00aa0-9_.])",
        "abbreviation" to "(?<!$word)$letter\\.$letter\\.",
        "number" to "[0-9]",
    ).mapValues { (_, pattern) -> Regex(pattern) }
}

/** What no corrector changes unless asked; `capitals` are words of two capitals or more. */
val PROTECTED_KINDS: Set<String> = CHUNK_KINDS.keys + setOf("capitals", "inner_capitals")

/**
 * A word of a text.
 *
 * @property start its first place in the text, in UTF-16 units.
 * @property end the place behind its last.
 * @property text the word as it stands there.
 */
data class TypedWord(val start: Int, val end: Int, val text: String)

/**
 * Returns the words of a text, in order, without what is protected; `text/words.py`.
 *
 * A word is made of letters, with apostrophes and soft hyphens within.
 *
 * @throws IllegalArgumentException there is no such kind.
 */
fun findWords(text: String, protectedKinds: Set<String> = PROTECTED_KINDS): List<TypedWord> {
    val unknown = protectedKinds - PROTECTED_KINDS
    require(unknown.isEmpty()) { "What is protected must be of $PROTECTED_KINDS. Received: $unknown." }
    val kinds = CHUNK_KINDS.filterKeys { it in protectedKinds }.values
    val content = if ("code" in protectedKinds) withoutCode(text) else text
    val found = ArrayList<TypedWord>()
    var place = 0
    while (place < content.length) {
        val start = content.skip(place, condition = Unicode::isSpace)
        val end = content.skip(start) { !Unicode.isSpace(it) }
        place = end
        if (start == end || isProtected(content.substring(start, end), kinds)) continue
        var from = start
        while (true) {
            from = content.skip(from, end) { !Unicode.isLetterLike(it) }
            if (from >= end) break
            val behind = wordEnd(content, from, end)
            val word = content.substring(from, behind)
            val capitals = capitals(word)
            if (capitals == null || capitals !in protectedKinds) found.add(TypedWord(from, behind, word))
            from = behind
        }
    }
    return found
}

private fun isProtected(chunk: String, kinds: Collection<Regex>): Boolean {
    if (chunk.all { it in 'a'..'z' || it in 'A'..'Z' }) return false
    val sorts = sorts(chunk)
    return kinds.any { it.containsMatchIn(sorts) }
}

/**
 * Returns a text of one ASCII character for each: letters as `\u00aa` beside those of ASCII, decimal
 * digits as `0`; what no pattern asks for as `\u0001`. Expressions for it mean the same everywhere.
 */
private fun sorts(text: String): String {
    val sorts = StringBuilder(text.length)
    text.forEachPoint {
        sorts.append(
            when {
                it < 0x80 -> it.toChar()
                Unicode.isDecimal(it) -> '0'
                Unicode.isLetterLike(it) -> '\u00aa'
                else -> '\u0001'
            },
        )
    }
    return sorts.toString()
}

/** Returns the end of the word that begins at [start]: letters with marks; within, apostrophes. */
private fun wordEnd(text: String, start: Int, limit: Int): Int {
    var end = start
    while (end < limit) {
        val isApart = end > start && isWithin(text[end]) && end + 1 < limit
        val isJoined = isApart && Unicode.isLetterLike(text.codePointAt(end + 1))
        val letter = if (isJoined) end + 1 else end // one of the apostrophes is a letter, too
        if (!Unicode.isLetterLike(text.codePointAt(letter))) break
        end = text.skip(letter + Character.charCount(text.codePointAt(letter))) { it in 0x300..0x36f }
    }
    return end
}

private fun isWithin(character: Char) = character == '\'' || character in APOSTROPHES || character == '\u00ad'

/** Returns a text with spaces in place of code: what stands between as many backticks. */
private fun withoutCode(text: String): String {
    if ('`' !in text) return text
    val runs = ArrayList<IntRange>()
    var place = text.indexOf('`')
    while (place >= 0) {
        val end = text.skip(place) { it == '`'.code }
        runs.add(place until end)
        place = text.indexOf('`', end)
    }
    val content = StringBuilder(text)
    var i = 0
    while (i < runs.size) {
        val size = runs[i].count()
        val from = runs[i].last + 1
        // Only three and more reach over lines.
        val line = if (size < 3) text.indexOf('\n', from).let { if (it < 0) text.length else it } else text.length
        var j = i + 1
        while (j < runs.size && runs[j].first < line && runs[j].count() != size) j++
        if (j < runs.size && runs[j].first < line) {
            for (k in runs[i].first..runs[j].last) content.setCharAt(k, ' ')
            i = j
        }
        i++
    }
    return content.toString()
}

/** Returns a text with the apostrophes of typewriters, with which lexicons are written. */
fun straighten(text: String): String {
    if (text.none { it in APOSTROPHES }) return text
    return String(CharArray(text.length) { if (text[it] in APOSTROPHES) '\'' else text[it] })
}

/** Returns a lower-case word with the case of what was typed for it: all, first or none. */
fun withCaseOf(typed: String, word: String): String {
    if (capitals(typed) == "capitals") return word.uppercase(java.util.Locale.ROOT)
    if (typed.isEmpty() || !Unicode.isUpper(typed.codePointAt(0)) || word.isEmpty()) return word
    val first = word.offsetByCodePoints(0, 1)
    return word.substring(0, first).uppercase(java.util.Locale.ROOT) + word.substring(first)
}

/** Returns which of the kinds of capitals a word has, or `null` for at most the first letter. */
private fun capitals(word: String): String? {
    if (Unicode.isLower(word)) return null
    val letters = word.points().filter(Unicode::isLetter)
    if (letters.size > 1 && letters.none(Unicode::isLower)) {
        return if (letters.any(Unicode::isUpper)) "capitals" else null
    }
    return if (letters.drop(1).any(Unicode::isUpper)) "inner_capitals" else null
}
