package org.s2skeras.core.text

import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.math.ln

/** The longest word of a lexicon, in characters. */
const val MAX_WORD_CHARACTERS = 48

/**
 * Words and how frequent they are, looked up by word, by index or by beginning;
 * `text/lexicon.py`.
 *
 * Words have an index, 0 to [size] - 1, in the order of their code points. They stand one behind the
 * other in UTF-8, which has the same order. Frequencies are kept in a byte each, as natural
 * logarithms in steps of 0.1.
 *
 * @property spellings the usual spellings of words that have one, in the order of the words.
 * @property variants pairs of words that are one in two spellings, in order.
 */
class Lexicon private constructor(
    private val text: ByteArray,
    private val ranks: ByteArray,
    val spellings: List<String>,
    val variants: List<Pair<String, String>>,
) {
    private val starts = IntArray(ranks.size + 1)
    private val spelledBy: Map<String, String> = spellings.associateBy { Unicode.lower(it) }
    private val variantSet: Set<Pair<String, String>> = variants.toHashSet()

    /** The number of words. */
    val size: Int get() = ranks.size

    /** The characters of all words. */
    val characters: Set<Int> = HashSet<Int>().also { found ->
        val letters = letters()
        val seen = java.util.BitSet()
        letters.forEach { seen.set(it) }
        seen.clear('\n'.code)
        var point = seen.nextSetBit(0)
        while (point >= 0) {
            found.add(point)
            point = seen.nextSetBit(point + 1)
        }
    }

    init {
        var count = 0
        for (i in text.indices) if (text[i] == LINE_END) starts[++count] = i + 1
        check()
    }

    operator fun contains(word: String): Boolean = find(word) != null

    /** Returns the word of an index. */
    fun word(index: Int): String = String(text, starts[index], starts[index + 1] - 1 - starts[index], Charsets.UTF_8)

    /** Returns the index of a word; `null` where it is not there. */
    fun find(word: String): Int? {
        if (word.pointCountOfSurrogates() > 0) return null
        val sought = word.toByteArray()
        val index = place(sought)
        return if (index < size && compare(index, sought) == 0) index else null
    }

    /** Returns the natural logarithm of the share of an index's word. */
    fun logFrequency(index: Int): Double = (ranks[index].toInt() and 0xff).toFloat().times(-STEP_NATS).toDouble()

    /** Returns the natural logarithm of a word's share of running text; `null` for no word. */
    fun logFrequency(word: String): Double? = find(word)?.let(::logFrequency)

    /** Returns whether each word of a text, split at spaces, is there. */
    fun knows(text: String): Boolean = text.split(" ").all { it in this }

    /** Returns a text as it is usually spelled, word by word, split at spaces. */
    fun spelled(text: String): String = text.split(" ").joinToString(" ") { spelledBy[it] ?: it }

    /** Returns whether two words are one in two spellings. */
    fun areVariants(one: String, other: String): Boolean = (one to other) in variantSet || (other to one) in variantSet

    /** Returns the indices of the words that begin with a prefix. */
    fun withPrefix(prefix: String): IntRange {
        val sought = prefix.toByteArray()
        return place(sought) until place(sought + BEHIND_ALL)
    }

    /** Returns the code points of all words in order, that of a line break behind each. */
    fun letters(): IntArray = String(text, Charsets.UTF_8).points()

    /**
     * Returns a lexicon with other words.
     *
     * @param add word -> its frequency, above 0 and at most 1.
     * @param added spellings that come in.
     * @throws IllegalArgumentException a word or a frequency is none.
     */
    fun changed(add: Map<String, Double>, added: List<String> = emptyList()): Lexicon {
        add.forEach { (word, frequency) -> checkWord(word, frequency) }
        val sorted = add.keys.map { it.toByteArray() to it }.sortedWith { a, b -> compare(a.first, b.first) }
        val content = java.io.ByteArrayOutputStream(text.size + 16 * add.size)
        val allRanks = java.io.ByteArrayOutputStream(size + add.size)
        var done = 0
        for ((bytes, word) in sorted) {
            val index = place(bytes)
            content.write(text, starts[done], starts[index] - starts[done])
            allRanks.write(ranks, done, index - done)
            done = if (index < size && compare(index, bytes) == 0) index + 1 else index
            content.write(bytes)
            content.write(LINE_END.toInt())
            allRanks.write(Math.rint(-ln(add.getValue(word)) / STEP_NATS_DOUBLE).coerceIn(0.0, 255.0).toInt())
        }
        content.write(text, starts[done], text.size - starts[done])
        allRanks.write(ranks, done, size - done)
        val byWord = java.util.TreeMap<String, String>(CODE_POINTS)
        (spellings + added).forEach { byWord[Unicode.lower(it)] = it }
        val kept = byWord.filter { (word, spelling) -> word != spelling }.values.toList()
        return Lexicon(content.toByteArray(), allRanks.toByteArray(), kept, variants)
    }

    /** Returns the number of words that come before one in UTF-8. */
    private fun place(sought: ByteArray): Int {
        var first = 0
        var end = size
        while (first < end) {
            val middle = (first + end) ushr 1
            if (compare(middle, sought) < 0) first = middle + 1 else end = middle
        }
        return first
    }

    private fun compare(index: Int, sought: ByteArray): Int {
        val start = starts[index]
        val length = starts[index + 1] - 1 - start
        for (i in 0 until minOf(length, sought.size)) {
            val difference = (text[start + i].toInt() and 0xff) - (sought[i].toInt() and 0xff)
            if (difference != 0) return difference
        }
        return length - sought.size
    }

    private fun check() {
        require(size > 0) { "A lexicon must hold at least one word. Received none." }
        var before = ""
        for (spelling in spellings) {
            val word = Unicode.lower(spelling)
            require(word != spelling && word in this && CODE_POINTS.compare(before, word) < 0) {
                "A spelling must be that of a word, with capitals, and the only one of it. Received: ${brief(spelling)}."
            }
            before = word
        }
        require(variantSet.size == variants.size && variants.all { (one, other) -> one in this && other in this }) {
            "Variants must be pairs of words, none twice."
        }
    }

    companion object {
        private const val STEP_NATS = 0.1f
        private const val STEP_NATS_DOUBLE = 0.1
        private const val LINE_END = '\n'.code.toByte()
        private val BEHIND_ALL = byteArrayOf(-1)
        private val CODE_POINTS = Comparator<String> { a, b -> compare(a.toByteArray(), b.toByteArray()) }

        /**
         * Builds the lexicon of the bytes in a file: the number of words, a byte each for their log
         * frequencies, and a line for each word, spelling and pair of variants.
         *
         * @throws IllegalArgumentException the bytes are not those of a lexicon.
         */
        fun fromBytes(content: ByteArray): Lexicon {
            require(content.size >= 4) { "These are not the bytes of a lexicon." }
            val count = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getInt(0)
            require(count in 1..content.size - 4) { "A lexicon must list its words. Received: $count of them." }
            val text = content.copyOfRange(4 + count, content.size) + LINE_END
            require(isUtf8(text)) { "These are not the bytes of a lexicon: they are no UTF-8." }
            var lines = 0
            var behind = 0
            while (behind < text.size && lines < count) if (text[behind++] == LINE_END) lines++
            require(lines == count) { "A lexicon of $count words must list them. Received: $lines." }
            val rest = String(text, behind, text.size - behind, Charsets.UTF_8).split("\n").dropLast(1)
            val variants = rest.filter { '\t' in it }.map { it.substringBefore('\t') to it.substringAfter('\t') }
            val words = text.copyOf(behind)
            checkOrder(words)
            return Lexicon(words, content.copyOfRange(4, 4 + count), rest.filter { '\t' !in it }, variants)
        }

        private fun checkOrder(text: ByteArray) {
            var before = ""
            for (word in String(text, Charsets.UTF_8).dropLast(1).split("\n")) {
                checkWord(word)
                require(before < word || CODE_POINTS.compare(before, word) < 0) {
                    "The words of a lexicon must be distinct and in order. Received: $word after $before."
                }
                before = word
            }
        }

        internal fun checkWord(word: String, frequency: Double = 1.0) {
            val isWord = word.pointCount in 1..MAX_WORD_CHARACTERS && '\n' !in word
            require(isWord && word.pointCountOfSurrogates() == 0) {
                "A word must hold 1 to $MAX_WORD_CHARACTERS characters, no line break and no half of a " +
                    "surrogate pair. Received: ${brief(word)}."
            }
            require(frequency > 0 && frequency <= 1) {
                "A frequency must be above 0 and at most 1. Received: $frequency of $word."
            }
        }

        private fun compare(a: ByteArray, b: ByteArray): Int {
            for (i in 0 until minOf(a.size, b.size)) {
                val difference = (a[i].toInt() and 0xff) - (b[i].toInt() and 0xff)
                if (difference != 0) return difference
            }
            return a.size - b.size
        }
    }
}

/** Counts halves of surrogate pairs. */
internal fun String.pointCountOfSurrogates(): Int {
    if (none { it.isSurrogate() }) return 0
    var count = 0
    forEachPoint { if (it in 0xd800..0xdfff) count++ }
    return count
}

internal fun isUtf8(bytes: ByteArray): Boolean = try {
    Charsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes))
    true
} catch (_: java.nio.charset.CharacterCodingException) {
    false
}
