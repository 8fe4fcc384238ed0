package org.s2skeras.core.text

import java.io.ByteArrayOutputStream

/**
 * Cuts text into the longest pieces of its vocabulary, from left to right, and loses nothing.
 *
 * Mirrors `s2s_keras/text/subword.py`. The space before a word belongs to its first piece and is
 * written as U+2581; a character that the vocabulary lacks becomes the bytes of its UTF-8, ids 4 to
 * 259. Lone surrogates become U+FFFD.
 *
 * @throws IllegalArgumentException an entry is no piece or stands twice, or a character of one is
 *     missing.
 */
class SubwordTokenizer(vocabulary: List<String>, lowercase: Boolean = false) :
    Tokenizer("subword", vocabulary, lowercase, BYTE_PIECES) {
    private val subwords = HashMap<String, Int>(2 * vocabulary.size)

    /** Of each first character, the UTF-16 units of the longest piece. */
    private val longest = HashMap<Int, Int>()

    init {
        vocabulary.forEachIndexed { i, piece ->
            require(isPiece(piece)) {
                "Each entry of `subwords` must be 1 to $MAX_PIECE_CHARACTERS characters in NFC, " +
                    "'$SPACE' at most the first, no space, no special token and no byte. " +
                    "Received: ${brief(piece)}."
            }
            subwords[piece] = SPECIAL_TOKENS.size + BYTE_PIECES.size + i
            val first = piece.codePointAt(0)
            longest[first] = maxOf(piece.length, longest[first] ?: 0)
        }
        for (piece in vocabulary) {
            piece.forEachPoint {
                val character = String(Character.toChars(it))
                require(character in subwords) {
                    "Each character of `subwords` must be one of them, too. Missing: '$character'."
                }
            }
        }
    }

    override fun normalize(text: String): String = super.normalize(withoutLoneSurrogates(text))

    override fun encode(text: String): IntArray {
        val normal = normalize(text)
        return if (normal.isEmpty()) IntArray(0) else cut(swapped(" $normal"))
    }

    /** Returns the ids of a text that goes on where another ends, with no space between them. */
    fun encodePart(text: String): IntArray = cut(swapped(normalize(text)))

    override fun pieces(text: String): List<String> = encode(text).map { tokens[it] }

    override fun join(pieces: List<String>): String {
        val content = ByteArrayOutputStream()
        for (piece in pieces) {
            val byte = BYTES[piece]
            if (byte != null) content.write(byte) else content.write(piece.replace(SPACE, ' ').toByteArray())
        }
        return decodeUtf8(content.toByteArray()).removePrefix(" ")
    }

    private fun cut(text: String): IntArray {
        var ids = IntArray(text.length + 4)
        var count = 0
        var start = 0
        while (start < text.length) {
            val first = text.codePointAt(start)
            var end = minOf(start + (longest[first] ?: 0), text.length)
            var id: Int? = null
            while (end > start) {
                id = subwords[text.substring(start, end)]
                if (id != null) break
                end--
            }
            if (id == null) {
                val bytes = swapped(String(Character.toChars(first))).toByteArray()
                if (count + bytes.size > ids.size) ids = ids.copyOf(2 * ids.size + 4)
                for (byte in bytes) ids[count++] = SPECIAL_TOKENS.size + (byte.toInt() and 0xff)
                end = start + Character.charCount(first)
            } else {
                if (count == ids.size) ids = ids.copyOf(2 * ids.size + 4)
                ids[count++] = id
            }
            start = end
        }
        return ids.copyOf(count)
    }

    private fun isPiece(text: String): Boolean =
        text.pointCount in 1..MAX_PIECE_CHARACTERS &&
            ' ' !in text &&
            text.indexOf(SPACE, 1) < 0 &&
            text !in SPECIAL_TOKENS &&
            text !in BYTES &&
            withoutLoneSurrogates(text) == text &&
            text == org.s2skeras.core.text.normalize(text)

    internal companion object {
        const val MAX_PIECE_CHARACTERS = 32
        val BYTE_PIECES: List<String> = List(256) { "<0x%02X>".format(it) }
        val BYTES: Map<String, Int> = BYTE_PIECES.withIndex().associate { (i, piece) -> piece to i }

        /** U+2581 and the space change places: that of the text is then in no piece. */
        private fun swapped(text: String): String {
            if (' ' !in text && SPACE !in text) return text
            val swapped = CharArray(text.length) {
                when (text[it]) {
                    ' ' -> SPACE
                    SPACE -> ' '
                    else -> text[it]
                }
            }
            return String(swapped)
        }

        private fun withoutLoneSurrogates(text: String): String {
            if (text.none { it.isSurrogate() }) return text
            val kept = StringBuilder(text.length)
            text.forEachPoint {
                if (it in 0xd800..0xdfff) kept.append(REPLACEMENT) else kept.appendCodePoint(it)
            }
            return kept.toString()
        }
    }
}

/**
 * Returns the text of UTF-8, U+FFFD for each longest part that could begin a character and for each
 * other byte, as Python and the Unicode Standard (3.9, U+FFFD Substitution of Maximal Subparts) have it.
 */
internal fun decodeUtf8(bytes: ByteArray): String {
    val text = StringBuilder(bytes.size)
    var i = 0
    while (i < bytes.size) {
        val first = bytes[i++].toInt() and 0xff
        val needed = when (first) {
            in 0xc2..0xdf -> 1
            in 0xe0..0xef -> 2
            in 0xf0..0xf4 -> 3
            else -> 0
        }
        if (first < 0x80) {
            text.append(first.toChar())
            continue
        }
        var point = first and (0x3f shr needed)
        var low = when (first) {
            0xe0 -> 0xa0
            0xf0 -> 0x90
            else -> 0x80
        }
        var high = when (first) {
            0xed -> 0x9f
            0xf4 -> 0x8f
            else -> 0xbf
        }
        var found = 0
        while (found < needed && i < bytes.size && (bytes[i].toInt() and 0xff) in low..high) {
            point = point shl 6 or (bytes[i++].toInt() and 0x3f)
            low = 0x80
            high = 0xbf
            found++
        }
        if (needed > 0 && found == needed) text.appendCodePoint(point) else text.append(REPLACEMENT)
    }
    return text.toString()
}
