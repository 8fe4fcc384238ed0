package org.s2skeras.core.text

/** Stands behind each source, so that there is something behind its last word, too. */
const val END = "\u2403"

/**
 * Cuts what stands around a word, and the words that may stand there, to subwords;
 * `text/context.py`.
 *
 * Of the context the sentence is kept that the word stands in, and of that words that are near, as
 * many as there is room for.
 *
 * @param leftTokens room for what stands before the word, at least 0.
 * @param rightTokens likewise behind it, without the end.
 * @throws IllegalArgumentException the tokens are no subwords, or lack [END].
 */
class WordContext(tokenizer: Tokenizer, private val leftTokens: Int = 32, private val rightTokens: Int = 15) {
    private val tokenizer: SubwordTokenizer
    private val endId: Int
    private val remembered = HashMap<Pair<String, Boolean>, IntArray>()

    init {
        val id = tokenizer.idOf(END)
        require(tokenizer is SubwordTokenizer && id != null) {
            "Words are told apart by subwords of which one is '$END'."
        }
        this.tokenizer = tokenizer
        endId = id
    }

    /** Returns a word as a lexicon writes it. */
    fun normalize(word: String): String = tokenizer.normalize(straighten(word))

    /** Returns the ids of what stands before a word, in its sentence. */
    fun leftIds(left: String, word: String): IntArray {
        val own = word.ifEmpty { "a" }
        val sentence = splitSentences(left.takeLastPoints(CHARACTERS) + own).last()
        var end = sentence.length - own.length
        if (end < 0) end = maxOf(0, end + sentence.length) // it begins within the word
        val chunks = chunks(sentence.substring(0, end))
        var first = 0
        // Not one by one: what was read can then be gone on with.
        while (chunks.drop(first).sumOf { it.size } > leftTokens) first += BLOCK
        return concatenated(chunks.drop(first))
    }

    /** Returns the ids of what stands behind a word, in its sentence, and of the end. */
    fun rightIds(word: String, right: String): IntArray {
        val sentence = if (right.isEmpty()) "" else splitSentences(word + right.takePoints(CHARACTERS))[0]
        var behind = if (sentence.length > word.length) sentence.substring(word.length) else ""
        if (word.isNotEmpty()) behind = behind.lstrip { !Unicode.isSpace(it) }
        val found = ArrayList<IntArray>()
        var size = 0
        for (ids in chunks(behind)) {
            if (size + ids.size > rightTokens) break
            found.add(ids)
            size += ids.size
        }
        found.add(intArrayOf(endId))
        return concatenated(found)
    }

    /** Returns the ids of words that stand behind [left], as a lexicon writes them. */
    fun wordIds(text: String, left: String): IntArray =
        concatenated(text.split(" ").mapIndexed { i, word -> ids(word, i == 0 && goesOn(left)) })

    /** Returns the word that a token is by itself behind [left], or `null`. */
    fun word(token: Int, left: String): String? {
        val piece = tokenizer.tokens[token]
        if (piece.startsWith(SPACE) == goesOn(left)) return null
        return piece.removePrefix(SPACE.toString()).ifEmpty { null }
    }

    private fun chunks(text: String): List<IntArray> =
        straighten(text).replace(END, " ").splitAtSpaces().map { ids(it, false) }

    private fun ids(word: String, joined: Boolean): IntArray = synchronized(remembered) {
        if (remembered.size >= REMEMBERED) remembered.clear()
        remembered.getOrPut(word to joined) {
            if (joined) tokenizer.encodePart(word) else tokenizer.encode(word)
        }
    }

    companion object {
        private const val CHARACTERS = 512
        private const val BLOCK = 8
        private const val REMEMBERED = 1 shl 12

        /** Returns whether what follows a text belongs to its last word: no space is between them. */
        fun goesOn(left: String): Boolean = left.isNotEmpty() && !Unicode.isSpace(left.codePointBefore(left.length))

        private fun concatenated(parts: List<IntArray>): IntArray {
            val whole = IntArray(parts.sumOf { it.size })
            var place = 0
            for (part in parts) {
                part.copyInto(whole, place)
                place += part.size
            }
            return whole
        }
    }
}
