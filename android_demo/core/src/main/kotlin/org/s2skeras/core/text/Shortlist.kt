package org.s2skeras.core.text

import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * A vocabulary shortlist: N target ids for each source, in place of the whole vocabulary;
 * `text/shortlist.py`.
 */
class Shortlist private constructor(private val frequent: IntArray, private val best: Array<IntArray>, targetSize: Int) {
    private val commonCount = maxOf(SPECIAL_TOKENS.size, frequent.size / 4)
    private val isCommon = BooleanArray(targetSize)

    /** N, the candidates of a source. */
    val size: Int get() = frequent.size

    init {
        val special = SPECIAL_TOKENS.size
        require(frequent.size in special + 1..targetSize) {
            "A shortlist's size must lie between ${special + 1} and the size of the target vocabulary, " +
                "$targetSize. Received: ${frequent.size}."
        }
        require((frequent.asSequence() + best.asSequence().flatMap { it.asSequence() }).all { it in 0 until targetSize }) {
            "The ids of a shortlist must lie between 0 and ${targetSize - 1}."
        }
        require(frequent.toSet().size == frequent.size && frequent.take(special).all { it < special }) {
            "The ids of `frequent` must be distinct, those of the special tokens first."
        }
        for (i in 0 until commonCount) isCommon[frequent[i]] = true
    }

    /** Returns the target ids that a source's output is made of, distinct, ascending. */
    fun candidates(sourceIds: IntArray): IntArray {
        val rows = sourceIds.filter { it != PAD_ID }.map { best[it] }
        // All first ones, then all second ones.
        val proposed = (0 until (best.firstOrNull()?.size ?: 0)).flatMap { k -> rows.map { it[k] } }
        val chosen = isCommon.copyOf()
        proposed.forEach { chosen[it] = true }
        val room = size - chosen.count { it }
        if (room > 0) {
            frequent.asSequence().filter { !chosen[it] }.take(room).toList().forEach { chosen[it] = true }
        } else if (room < 0) {
            isCommon.copyInto(chosen)
            proposed.asSequence().filter { !isCommon[it] }.distinct().take(size - commonCount).forEach { chosen[it] = true }
        }
        return chosen.indices.filter { chosen[it] }.toIntArray()
    }

    companion object {
        /**
         * Builds the shortlist of a file's bytes.
         *
         * @throws IllegalArgumentException the bytes are not those of such a shortlist.
         */
        fun fromBytes(content: ByteArray, size: Int, perToken: Int, sourceSize: Int, targetSize: Int): Shortlist {
            require(size >= 1 && perToken >= 1) {
                "`size` and `per_token` must be positive integers. Received: $size and $perToken."
            }
            val width = if (targetSize <= 1 shl 16) 2 else 4
            val expected = (size + sourceSize.toLong() * perToken) * width
            require(content.size.toLong() == expected) {
                "A shortlist of $size candidates, $perToken for each of $sourceSize source tokens, must hold " +
                    "$expected bytes. Received: ${content.size}."
            }
            val buffer = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN)
            fun id(i: Int) = if (width == 2) buffer.getShort(2 * i).toInt() and 0xffff else buffer.getInt(4 * i)
            val best = Array(sourceSize) { row -> IntArray(perToken) { id(size + row * perToken + it) } }
            return Shortlist(IntArray(size) { id(it) }, best, targetSize)
        }
    }
}
