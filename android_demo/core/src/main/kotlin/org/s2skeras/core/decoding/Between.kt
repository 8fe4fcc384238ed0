package org.s2skeras.core.decoding

import org.s2skeras.core.text.BOS_ID
import org.s2skeras.core.text.PAD_ID
import kotlin.math.exp
import kotlin.math.ln

/** Ids as a key. */
internal class Ids(values: IntArray, size: Int = values.size) {
    private val values = values.copyOf(size)

    override fun equals(other: Any?) = other is Ids && values.contentEquals(other.values)

    override fun hashCode() = values.contentHashCode()
}

/**
 * The decoder's states behind the beginnings of texts; `decoding/between.py`.
 *
 * Of a decoder that looks ahead they hang on nothing that follows: what was read once is not read
 * again, neither for the next word nor for the same one as it is typed. Threads may share one.
 */
class LeftStates {
    private val states = object : LinkedHashMap<Ids, FloatArray>(2 * REMEMBERED, 0.75f, true) {
        override fun removeEldestEntry(eldest: MutableMap.MutableEntry<Ids, FloatArray>) = size > REMEMBERED
    }

    /** Returns how many of the first [size] ids have been read, and the state behind them. */
    internal fun longest(ids: IntArray, size: Int): Pair<Int, FloatArray?> = synchronized(states) {
        for (length in size downTo 1) states[Ids(ids, length)]?.let { return length to it }
        return 0 to null
    }

    /** Remembers the state behind the first [size] ids. */
    internal fun keep(ids: IntArray, size: Int, state: FloatArray) = synchronized(states) {
        states[Ids(ids, size)] = state
    }

    private companion object {
        const val REMEMBERED = 256
    }
}

/**
 * The log-probabilities of what may stand between two contexts; `decoding/between.py`.
 *
 * @param leftIds what stands before, without `bos`.
 * @param rightIds what follows, with its end.
 * @param states of the left contexts that were read before.
 * @param size V, tokens of the vocabulary.
 * @param width rows for words of several tokens, of those that the session takes.
 * @throws IllegalArgumentException a step gives the likeliest tokens alone.
 */
class Between(
    private val session: ResumableSession,
    leftIds: IntArray,
    private val rightIds: IntArray,
    states: LeftStates,
    private val size: Int,
    private val width: Int,
) {
    private val state: FloatArray
    private var current: FloatArray
    private var ordered: FloatArray? = null

    init {
        val ids = intArrayOf(BOS_ID) + leftIds
        session.start(rightIds, 1)
        val (done, known) = states.longest(ids, ids.size - 1)
        if (known != null) session.resume(known)
        var after = known ?: FloatArray(0)
        current = FloatArray(0)
        for (place in done until ids.size) {
            current = step(intArrayOf(ids[place]), intArrayOf(0))
            after = session.state()
            states.keep(ids, place + 1, after)
        }
        state = after
    }

    /** Returns log p(token | contexts) in nats of a token that may come first; before [logProbs]. */
    fun first(token: Int): Float = current[token]

    /**
     * Returns the log-probability of each word in nats; once.
     *
     * Words that begin with the same tokens share the steps for them. The model says no word's end:
     * what it gives to those of the words that go on from another is taken from that one.
     *
     * @param words token ids of each, at least one, no two the same.
     */
    fun logProbs(words: List<IntArray>): DoubleArray {
        val totals = DoubleArray(words.size) { current[words[it][0]].toDouble() }
        val order = words.indices.sortedWith { a, b -> compare(words[a], words[b]) }
        for (group in groups(order.filter { words[it].size > 1 }, words)) add(totals, group, words)
        check(totals.none { it.isNaN() }) { "The model's log-probabilities must be numbers. Received: NaN." }
        return withoutLonger(totals, words, order)
    }

    /** Returns words whose beginnings, all tokens but the last, have rows enough. */
    private fun groups(order: List<Int>, words: List<IntArray>): List<List<Int>> {
        val groups = ArrayList<List<Int>>()
        var group = ArrayList<Int>()
        var beginnings = HashSet<Ids>()
        for (i in order) {
            val beginning = Ids(words[i], words[i].size - 1)
            if (beginning !in beginnings && beginnings.size == width) {
                groups.add(group)
                group = ArrayList()
                beginnings = HashSet()
            }
            group.add(i)
            beginnings.add(beginning)
        }
        if (group.isNotEmpty()) groups.add(group)
        return groups
    }

    /** Adds to words the log-probabilities of their tokens behind the first. */
    private fun add(totals: DoubleArray, group: List<Int>, words: List<IntArray>) {
        session.start(rightIds, width)
        session.resume(state)
        var rows = mapOf(Ids(IntArray(0)) to 0)
        for (depth in 1 until group.maxOf { words[it].size }) {
            val living = group.filter { words[it].size > depth }
            val next = LinkedHashMap<Ids, Int>()
            val tokens = IntArray(width) { PAD_ID } // rows that are left over count nothing
            val parents = IntArray(width)
            for (i in living) {
                next.getOrPut(Ids(words[i], depth)) {
                    tokens[next.size] = words[i][depth - 1]
                    parents[next.size] = rows.getValue(Ids(words[i], depth - 1))
                    next.size
                }
            }
            val logProbs = step(tokens, parents)
            rows = next
            for (i in living) totals[i] += logProbs[rows.getValue(Ids(words[i], depth)) * size + words[i][depth]].toDouble()
        }
    }

    /** Returns the log-probabilities behind the tokens, (rows, V), until the next step. */
    private fun step(tokens: IntArray, parents: IntArray): FloatArray {
        val output = session.step(tokens, parents)
        require(output.candidates == size) { "To judge words a step must give the log-probability of every token." }
        val ids = output.tokenIds
        if (ids[0] == 0 && ids[size - 1] == size - 1) return output.logProbs
        val sorted = ordered.let { if (it != null && it.size == ids.size) it else FloatArray(ids.size) }
        ordered = sorted
        for (i in ids.indices) sorted[i / size * size + ids[i]] = output.logProbs[i]
        return sorted
    }

    private companion object {
        /** Share of a word's probability that is its own, whatever goes on from it. */
        const val LEAST = 1e-4

        fun compare(one: IntArray, other: IntArray): Int {
            for (i in 0 until minOf(one.size, other.size)) if (one[i] != other[i]) return one[i].compareTo(other[i])
            return one.size.compareTo(other.size)
        }

        /** Takes from the probability of each word that of those that go on from it. */
        fun withoutLonger(totals: DoubleArray, words: List<IntArray>, order: List<Int>): DoubleArray {
            val shares = DoubleArray(totals.size) { exp(totals[it]) }
            val left = shares.copyOf()
            val open = ArrayList<Int>() // each the beginning of the next
            for (i in order) {
                while (open.isNotEmpty() && !begins(words[i], words[open.last()])) open.removeAt(open.size - 1)
                if (open.isNotEmpty()) left[open.last()] -= shares[i]
                open.add(i)
            }
            return DoubleArray(totals.size) {
                if (left[it] < shares[it]) ln(maxOf(left[it], LEAST * shares[it])) else totals[it]
            }
        }

        fun begins(word: IntArray, beginning: IntArray): Boolean =
            word.size >= beginning.size && beginning.indices.all { word[it] == beginning[it] }
    }
}
