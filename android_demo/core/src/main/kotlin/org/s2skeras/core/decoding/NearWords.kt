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
 * most one. Of words whose signatures fit, the table of edit distances is filled as far as it may
 * stay within the edits.
 *
 * Reference: Ukkonen 1985, "Algorithms for approximate string matching" (the band of the table).
 *
 * @param channel how people mistype words; without one all slips are free.
 */
class NearWords(private val lexicon: Lexicon, private val channel: ChannelModel?) {
    private val letters = lexicon.letters()
    private val starts = IntArray(lexicon.size + 1)
    private val signatures = LongArray(lexicon.size)
    private val remembered = object : LinkedHashMap<Key, Near>(REMEMBERED, 0.75f, true) {
        override fun removeEldestEntry(eldest: MutableMap.MutableEntry<Key, Near>) = size > REMEMBERED
    }

    private data class Key(val typed: String, val maxEdits: Int, val completes: Boolean)

    init {
        var count = 0
        for (i in letters.indices) if (letters[i] == '\n'.code) starts[++count] = i + 1
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
        val distance = Distance(points, maxEdits)
        val slips = if (channel != null) channel.Typed(typed) else null
        val signature = signature(points, 0, points.size)
        val needed = java.lang.Long.bitCount(signature)
        val range = if (completes && maxEdits == 0) lexicon.withPrefix(typed) else 0 until lexicon.size
        val shortest = if (completes) points.size + 1 else points.size - maxEdits
        val longest = if (completes) Int.MAX_VALUE else points.size + maxEdits
        val indices = Numbers()
        val edits = Numbers()
        for (i in range) {
            val length = length(i)
            if (length < shortest || length > longest) continue
            val common = java.lang.Long.bitCount(signatures[i] and signature) + maxEdits
            if (common < needed || (!completes && common < java.lang.Long.bitCount(signatures[i]))) continue
            val found = distance.of(letters, starts[i], length, completes)
            if (found <= maxEdits && (completes || found > 0)) {
                indices.add(i)
                edits.add(found)
            }
        }
        val distances = edits.toArray()
        val found = indices.toArray()
        val costs = DoubleArray(found.size) {
            val isMistyped = distances[it] > 0 // all else is for free
            if (slips == null || !isMistyped) 0.0 else slips.logProb(letters, starts[found[it]], length(found[it]), completes)
        }
        return Near(found, costs, distances)
    }

    private class Numbers {
        private var values = IntArray(64)
        private var size = 0

        fun add(value: Int) {
            if (size == values.size) values = values.copyOf(2 * size)
            values[size++] = value
        }

        fun toArray(): IntArray = values.copyOf(size)
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
