package org.s2skeras.core.text

/**
 * The noisy channel between a word and what is typed for it; `text/channel.py`.
 *
 * A slip leaves out a character y behind x, puts one in behind x, takes y for x, or exchanges x and y:
 *
 *     log p(typed | word) = max over alignments of the sum of log p(slip)
 *
 * @property confusions typed word -> the words that may have been taken for it.
 * @property confusionLogProb of each of these, in nats, at most 0.
 */
class ChannelModel private constructor(
    private val tables: DoubleArray,
    val confusions: Map<String, List<String>>,
    val confusionLogProb: Double,
) {
    private fun omission(before: Int, code: Int) = tables[before * SIZE + code]

    private fun insertion(behind: Int, code: Int) = tables[CELLS + behind * SIZE + code]

    private fun substitution(code: Int, typed: Int) = tables[2 * CELLS + code * SIZE + typed]

    private fun transposition(first: Int, second: Int) = tables[3 * CELLS + first * SIZE + second]

    /** Returns the largest log-probability with which a character is left out, in nats. */
    fun omission(character: Char): Double = (0 until SIZE).maxOf { omission(it, code(character.code)) }

    /** What log-probabilities of one typed word need again and again. */
    inner class Typed(typed: String) {
        private val codes = typed.points().let { points -> IntArray(points.size) { code(points[it]) } }

        /** Of each character x and each j the sum of what t_1..t_j cost that are put in behind x. */
        private val inserted = Array(SIZE) { behind ->
            DoubleArray(codes.size + 1).also { sums ->
                codes.forEachIndexed { j, code -> sums[j + 1] = sums[j] + insertion(behind, code) }
            }
        }
        private var row = DoubleArray(codes.size + 1)
        private var earlier = DoubleArray(codes.size + 1)
        private var longer = DoubleArray(codes.size + 1)

        /**
         * Returns log p(typed | word) in nats.
         *
         * @param letters holds the word's code points from [start] on, [length] of them.
         * @param completes whether what follows behind all that was typed costs nothing.
         */
        fun logProb(letters: IntArray, start: Int, length: Int, completes: Boolean): Double {
            val size = codes.size
            inserted[START].copyInto(row)
            earlier.fill(Double.NEGATIVE_INFINITY)
            var best = row[size]
            var before = START
            for (i in 0 until length) {
                val letter = code(letters[start + i])
                val left = omission(before, letter)
                for (j in 0..size) longer[j] = row[j] + left
                for (j in 0 until size) {
                    val taken = if (codes[j] == letter) 0.0 else substitution(letter, codes[j])
                    longer[j + 1] = maxOf(longer[j + 1], row[j] + taken)
                }
                for (j in 0 until size - 1) {
                    if (codes[j + 1] == before && codes[j] == letter) {
                        longer[j + 2] = maxOf(longer[j + 2], earlier[j] + transposition(before, letter))
                    }
                }
                // Characters too many: the best on the way to each place.
                val sums = inserted[letter]
                var most = Double.NEGATIVE_INFINITY
                for (j in 0..size) {
                    most = maxOf(most, longer[j] - sums[j])
                    longer[j] = most + sums[j]
                }
                val spare = earlier
                earlier = row
                row = longer
                longer = spare
                before = letter
                best = if (completes) maxOf(best, row[size]) else row[size]
            }
            return best
        }
    }

    companion object {
        private const val ALPHABET = "abcdefghijklmnopqrstuvwxyz' \n?"
        private const val SIZE = ALPHABET.length
        private const val CELLS = SIZE * SIZE
        private const val START = SIZE - 2
        private const val OTHER = SIZE - 1
        private const val TABLES = 4
        private val CODES = IntArray(128) { ALPHABET.indexOf(it.toChar()).let { code -> if (code < 0) OTHER else code } }

        private fun code(point: Int): Int = if (point < CODES.size) CODES[point] else OTHER

        /**
         * Returns what `model.json` holds under `channel`.
         *
         * @throws IllegalArgumentException it is none.
         */
        fun fromMetadata(document: Map<*, *>): ChannelModel {
            val described = document["channel"]
            fun must(holds: Boolean, what: () -> String) =
                require(holds) { "`channel` must hold the tables of slips: ${what()}." }
            must(described is Map<*, *> && described["alphabet"] == ALPHABET) { "another alphabet" }
            described as Map<*, *>
            val step = (described["step_nats"] as? Number)?.toDouble() ?: Double.NaN
            must(step > 0 && step < 1) { "steps of $step nats" }
            val ranks = decodeBase64(described["tables"] as? String ?: "")
            must(ranks.size == TABLES * CELLS) { "${ranks.size} slips" }
            val confusions = if ("confusions" in described) described["confusions"] else emptyMap<String, Any>()
            must(
                confusions is Map<*, *> &&
                    confusions.values.all { list -> list is List<*> && list.all { it is String } },
            ) { "confusions that are no lists of words" }
            val number = if ("confusion_log_prob" in described) described["confusion_log_prob"] else 0.0
            val logProb = (number as? Number)?.toDouble() ?: Double.NaN
            must(logProb <= 0 && !logProb.isInfinite()) { "a log-probability of $logProb" }
            val negative = (-step).toFloat()
            val tables = DoubleArray(ranks.size) { ((ranks[it].toInt() and 0xff).toFloat() * negative).toDouble() }
            val lists = (confusions as Map<*, *>).entries.associate { (word, others) ->
                word as String to (others as List<*>).map { it as String }
            }
            return ChannelModel(tables, lists, logProb)
        }
    }
}

/**
 * Returns the bytes of a text in base 64. (`java.util.Base64` came to Android after API level 24.)
 *
 * @throws IllegalArgumentException it is none.
 */
internal fun decodeBase64(text: String): ByteArray {
    val digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    val body = text.trimEnd('=')
    require(text.length % 4 == 0 && text.length - body.length <= 2) { "This is no base 64." }
    val bytes = ByteArray(body.length * 6 / 8)
    var bits = 0
    var count = 0
    var size = 0
    for (character in body) {
        val digit = digits.indexOf(character)
        require(digit >= 0) { "This is no base 64." }
        bits = (bits shl 6 or digit) and 0xffff
        count += 6
        if (count >= 8) {
            count -= 8
            bytes[size++] = (bits shr count).toByte()
        }
    }
    return bytes
}
