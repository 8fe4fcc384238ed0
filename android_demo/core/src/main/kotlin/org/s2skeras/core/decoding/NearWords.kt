package org.s2skeras.core.decoding

import org.s2skeras.core.text.ChannelModel
import org.s2skeras.core.text.Lexicon
import org.s2skeras.core.text.points

/** The largest edit distance that is looked for. */
const val MAX_EDITS = 7

/**
 * C words of a lexicon that lie near to a typed one, in the lexicon's order.
 *
 * @property indices of the words in the lexicon.
 * @property slips log p(typed | word) of the channel in nats; 0 without a channel.
 * @property edits the distance of the word, or of its nearest beginning.
 */
class Near(val indices: IntArray, val slips: DoubleArray, val edits: IntArray)

/**
 * Finds the words of a lexicon within some edits of what was typed; `decoding/near_words.py`.
 *
 * Edits are omissions, insertions, substitutions and transpositions of neighbours; none touches what
 * another has changed (optimal string alignment). A word's signature tells which classes of
 * characters it holds, and which more than once: an edit takes at most one bit from it and brings at
 * most one. Of words whose lengths and signatures fit, the table of edit distances is filled as far
 * as it may stay within the edits.
 *
 * Reference: Ukkonen 1985, "Algorithms for approximate string matching" (the band of the table).
 *
 * @param channel how people mistype words; without one all slips are free.
 */
class NearWords(private val lexicon: Lexicon, private val channel: ChannelModel?) {
    private val letters = lexicon.letters()
    private val starts = IntArray(lexicon.size + 1)
    private val signatures = LongArray(lexicon.size)

    /** Indices of the words in the order of their lengths, of one length in that of the lexicon. */
    private val byLength = IntArray(lexicon.size)

    /** Where in [byLength] the words of each length begin. */
    private val lengthStarts: IntArray
    private val remembered = object : LinkedHashMap<Key, Near>(REMEMBERED, 0.75f, true) {
        override fun removeEldestEntry(eldest: MutableMap.MutableEntry<Key, Near>) = size > REMEMBERED
    }

    private data class Key(val typed: String, val maxEdits: Int, val completes: Boolean)

    init {
        var count = 0
        for (i in letters.indices) if (letters[i] == '\n'.code) starts[++count] = i + 1
        lengthStarts = IntArray((byLength.indices.maxOfOrNull(::length) ?: 0) + 2)
        for (i in byLength.indices) lengthStarts[length(i) + 1]++
        for (length in 1 until lengthStarts.size) lengthStarts[length] += lengthStarts[length - 1]
        val next = lengthStarts.copyOf()
        for (i in byLength.indices) byLength[next[length(i)]++] = i
        for (i in signatures.indices) signatures[i] = signature(letters, starts[i], starts[i] + length(i))
    }

    /** Returns the number of characters of a word. */
    fun length(index: Int): Int = starts[index + 1] - 1 - starts[index]

    /**
     * Returns the words within some edits of a typed one, itself excepted. What was found is remembered.
     *
     * @param completes whether to find the words that are longer than [typed] and of which some
     *     beginning lies within [maxEdits] of it. What follows behind all that was typed then costs
     *     nothing.
     */
    fun find(typed: String, maxEdits: Int, completes: Boolean = false): Near {
        require(maxEdits in 0..MAX_EDITS) { "`maxEdits` must lie between 0 and $MAX_EDITS. Received: $maxEdits." }
        val key = Key(typed, maxEdits, completes)
        synchronized(remembered) { remembered[key] }?.let { return it }
        val near = search(typed, maxEdits, completes)
        synchronized(remembered) { remembered[key] = near }
        return near
    }

    private fun search(typed: String, maxEdits: Int, completes: Boolean): Near {
        val points = typed.points()
        val slips = if (channel != null) channel.Typed(typed) else null
        val near = Sought(points, maxEdits, completes)
        if (completes) {
            for (i in if (maxEdits == 0) lexicon.withPrefix(typed) else 0 until lexicon.size) near.look(i)
        } else {
            val first = lengthStarts[(points.size - maxEdits).coerceIn(0, lengthStarts.size - 1)]
            val end = lengthStarts[minOf(points.size + maxEdits + 1, lengthStarts.size - 1)]
            for (place in first until end) near.look(byLength[place])
        }
        val (found, distances) = near.inOrder()
        val costs = DoubleArray(found.size) {
            val isMistyped = distances[it] > 0 // all else is for free
            if (slips == null || !isMistyped) 0.0 else slips.logProb(letters, starts[found[it]], length(found[it]), completes)
        }
        return Near(found, costs, distances)
    }

    /** The words within some edits of a typed one, among those that are looked at. */
    private inner class Sought(private val points: IntArray, private val maxEdits: Int, private val completes: Boolean) {
        private val distance = Distance(points, maxEdits)
        private val signature = signature(points, 0, points.size)
        private val needed = java.lang.Long.bitCount(signature) - maxEdits
        private var values = LongArray(64) // each a word and its edits
        private var size = 0

        fun look(index: Int) {
            val other = signatures[index]
            val common = java.lang.Long.bitCount(other and signature)
            if (common < needed) return
            val length = length(index)
            if (if (completes) length <= points.size else common + maxEdits < java.lang.Long.bitCount(other)) return
            val edits = distance.of(letters, starts[index], length, completes)
            if (edits > maxEdits || (edits == 0 && !completes)) return
            if (size == values.size) values = values.copyOf(2 * size)
            values[size++] = index.toLong() * (MAX_EDITS + 1) + edits
        }

        /** Returns the words in the lexicon's order, and the edits of each. */
        fun inOrder(): Pair<IntArray, IntArray> {
            values.sort(0, size)
            val indices = IntArray(size) { (values[it] / (MAX_EDITS + 1)).toInt() }
            return indices to IntArray(size) { (values[it] % (MAX_EDITS + 1)).toInt() }
        }
    }

    /** The edits between a typed word and others, in a band around the diagonal of their table. */
    private class Distance(private val typed: IntArray, private val most: Int) {
        private var earlier = IntArray(typed.size + 1)
        private var row = IntArray(typed.size + 1)
        private var next = IntArray(typed.size + 1)

        /** Returns the edits of a word, or of its nearest beginning; more than [most] where it is no nearer. */
        fun of(letters: IntArray, start: Int, length: Int, beginning: Boolean): Int {
            val size = typed.size
            val beyond = most + 1
            for (j in 0..size) row[j] = minOf(j, beyond)
            var best = if (beginning) row[size] else beyond
            for (i in 1..minOf(length, size + most)) {
                val letter = letters[start + i - 1]
                val first = maxOf(1, i - most)
                val last = minOf(size, i + most)
                next[first - 1] = if (first == 1) minOf(i, beyond) else beyond
                var least = next[first - 1]
                for (j in first..last) {
                    var edits = minOf(next[j - 1] + 1, row[j - 1] + if (letter == typed[j - 1]) 0 else 1)
                    if (j < i + most) edits = minOf(edits, row[j] + 1)
                    if (i > 1 && j > 1 && letter == typed[j - 2] && letters[start + i - 2] == typed[j - 1]) {
                        edits = minOf(edits, earlier[j - 2] + 1)
                    }
                    next[j] = minOf(edits, beyond)
                    least = minOf(least, next[j])
                }
                if (last < size) next[last + 1] = beyond
                val spare = earlier
                earlier = row
                row = next
                next = spare
                if (beginning && i >= size - most) best = minOf(best, row[size])
                if (least > most) return best // a transposition comes from the row before: it counts, too
            }
            return if (beginning) best else row[size]
        }
    }

    private companion object {
        const val REMEMBERED = 64
        const val CLASSES = 32

        fun signature(letters: IntArray, start: Int, end: Int): Long {
            var once = 0L
            var twice = 0L
            for (i in start until end) {
                val bit = 1L shl letters[i] % CLASSES
                twice = twice or (once and bit)
                once = once or bit
            }
            return once or (twice shl CLASSES)
        }
    }
}
