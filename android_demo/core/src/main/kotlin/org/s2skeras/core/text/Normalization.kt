package org.s2skeras.core.text

/** Returns a text in Unicode normalisation form C, by Python's tables: `text.normalize`. */
fun normalize(text: String): String {
    if (text.all { it < '\u0300' }) return text // all of them stay what they are
    val points = ordered(decomposed(text))
    return String(points, 0, composed(points))
}

private const val HANGUL = 0xac00
private const val LEADS = 0x1100
private const val VOWELS = 0x1161
private const val TAILS = 0x11a7
private const val LEAD_COUNT = 19
private const val VOWEL_COUNT = 21
private const val TAIL_COUNT = 28
private const val SYLLABLES = LEAD_COUNT * VOWEL_COUNT * TAIL_COUNT

private val CLASSES = Runs(UnicodeTables.COMBINING)
private val DECOMPOSITIONS = HashMap<Int, IntArray>()
private val COMPOSITIONS = HashMap<Long, Int>().also { compositions ->
    var code = 0
    for (entry in DecompositionTable.PARTS.split(" ")) {
        val sign = entry.indexOfFirst { it == '+' || it == '-' }
        code += entry.substring(0, sign).toInt(36)
        val parts = entry.substring(sign + 1).split(".").map { it.toInt(36) }.toIntArray()
        DECOMPOSITIONS[code] = parts
        if (entry[sign] == '+') compositions[pair(parts[0], parts[1])] = code
    }
}

private fun pair(first: Int, second: Int): Long = (first.toLong() shl 32) or second.toLong()

private class Points(var values: IntArray, var size: Int = 0) {
    fun add(point: Int) {
        if (size == values.size) values = values.copyOf(2 * size + 8)
        values[size++] = point
    }
}

private fun decomposed(text: String): IntArray {
    val found = Points(IntArray(text.length + 8))
    text.forEachPoint { decompose(it, found) }
    return found.values.copyOf(found.size)
}

private fun decompose(point: Int, found: Points) {
    val syllable = point - HANGUL
    if (syllable in 0 until SYLLABLES) {
        found.add(LEADS + syllable / (VOWEL_COUNT * TAIL_COUNT))
        found.add(VOWELS + syllable / TAIL_COUNT % VOWEL_COUNT)
        if (syllable % TAIL_COUNT > 0) found.add(TAILS + syllable % TAIL_COUNT)
        return
    }
    val parts = if (point < 0xc0) null else DECOMPOSITIONS[point]
    if (parts == null) found.add(point) else parts.forEach { decompose(it, found) }
}

/** Puts the marks of each character in the order of their classes. */
private fun ordered(points: IntArray): IntArray {
    var start = 0
    while (start < points.size) {
        if (CLASSES[points[start]] == 0) {
            start++
            continue
        }
        var end = start
        while (end < points.size && CLASSES[points[end]] != 0) end++
        if (end > start + 1) {
            val marks = points.copyOfRange(start, end).sortedBy { CLASSES[it] } // stable
            marks.forEachIndexed { i, mark -> points[start + i] = mark }
        }
        start = end
    }
    return points
}

/** Puts characters together in their place, and returns how many are left. */
private fun composed(points: IntArray): Int {
    var size = 0
    var starter = -1
    var before = 0 // class of the last mark that was kept behind the starter
    for (point in points) {
        val own = CLASSES[point]
        if (starter >= 0 && (size == starter + 1 || (before in 1 until own))) {
            val whole = composition(points[starter], point)
            if (whole != null) {
                points[starter] = whole
                continue
            }
        }
        if (own == 0) starter = size
        before = own
        points[size++] = point
    }
    return size
}

private fun composition(first: Int, second: Int): Int? {
    if (first in LEADS until LEADS + LEAD_COUNT && second in VOWELS until VOWELS + VOWEL_COUNT) {
        return HANGUL + ((first - LEADS) * VOWEL_COUNT + second - VOWELS) * TAIL_COUNT
    }
    val syllable = first - HANGUL
    val isOpen = syllable in 0 until SYLLABLES && syllable % TAIL_COUNT == 0
    if (isOpen && second in TAILS + 1 until TAILS + TAIL_COUNT) return first + second - TAILS
    return COMPOSITIONS[pair(first, second)]
}
