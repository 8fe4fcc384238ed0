package org.s2skeras.core.text

private val LANGUAGES: Map<String, Set<String>> =
    LanguageWords.LISTS.mapValues { (_, words) -> words.split(" ").toSet() }

/** Small words of another language that a text must hold. */
private const val LEAST = 2

/**
 * Returns start and end of each sentence that another language has more small words of;
 * `text/languages.py`.
 *
 * So is one that tells nothing in a text that another language has three times as many of.
 *
 * @param language ISO 639-1 code of what the text should be in.
 */
fun foreignSpans(text: String, language: String): List<IntRange> {
    if (language !in LANGUAGES) return emptyList()
    val spans = ArrayList<Pair<IntRange, Map<String, Int>>>()
    val total = HashMap<String, Int>()
    var start = 0
    for (sentence in splitSentences(text)) {
        val counts = smallWords(sentence)
        counts.forEach { (name, count) -> total[name] = count + (total[name] ?: 0) }
        spans.add((start until start + sentence.length) to counts)
        start += sentence.length
    }
    val whole = isForeign(total, language, 3)
    return spans
        .filter { (_, counts) -> isForeign(counts, language, 1) || (whole && language !in counts) }
        .map { (span, _) -> span }
}

/** Returns for each language how many of a text's words are small words of it, where there are any. */
private fun smallWords(text: String): Map<String, Int> {
    val words = letterRuns(Unicode.lower(text))
    return LANGUAGES
        .mapValues { (_, known) -> words.count { it in known } }
        .filterValues { it > 0 }
}

private fun letterRuns(text: String): List<String> {
    val runs = ArrayList<String>()
    var place = 0
    while (true) {
        val start = text.skip(place) { !Unicode.isLetterLike(it) }
        place = text.skip(start, condition = Unicode::isLetterLike)
        if (start == place) return runs
        runs.add(text.substring(start, place))
    }
}

private fun isForeign(counts: Map<String, Int>, language: String, times: Int): Boolean {
    val others = counts.filterKeys { it != language }.values.maxOrNull() ?: 0
    return others >= LEAST && others > times * (counts[language] ?: 0)
}
