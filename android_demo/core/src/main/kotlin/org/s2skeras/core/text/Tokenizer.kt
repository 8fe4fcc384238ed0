package org.s2skeras.core.text

const val PAD_ID = 0
const val BOS_ID = 1
const val EOS_ID = 2
const val UNK_ID = 3
val SPECIAL_TOKENS: List<String> = listOf("<pad>", "<bos>", "<eos>", "<unk>")

/** Stands at the beginning of a piece that has white space, or nothing, before it; `text/word.py`. */
internal const val SPACE = '\u2581'
internal const val REPLACEMENT = "\ufffd"

/**
 * Maps text to ids and back, by way of pieces: the strings that have an id each.
 *
 * Mirrors `s2s_keras/text/tokenizer.py`. Ids 0 to 3 are padding, begin, end and unknown.
 *
 * @property kind how definitions name the subclass.
 * @property vocabulary distinct pieces, in the order of their ids.
 * @property lowercase whether every text is changed to lower case.
 * @throws IllegalArgumentException an entry is no piece of this kind, or stands twice.
 */
abstract class Tokenizer internal constructor(
    val kind: String,
    val vocabulary: List<String>,
    val lowercase: Boolean,
    fixedPieces: List<String> = emptyList(),
) {
    /** Token of each id. */
    val tokens: List<String> = SPECIAL_TOKENS + fixedPieces + vocabulary
    private val ids = HashMap<String, Int>(2 * tokens.size)

    /** The vocabulary size V, special tokens included. */
    val size: Int get() = tokens.size

    init {
        tokens.forEachIndexed { id, token ->
            require(ids.put(token, id) == null) { "`${kind}s` must be distinct. Received twice: $token." }
        }
    }

    internal open val unknownPiece: String get() = REPLACEMENT

    /** Returns the pieces of a text, one for each id. */
    abstract fun pieces(text: String): List<String>

    /** Returns the text of pieces: the inverse of [pieces]. */
    abstract fun join(pieces: List<String>): String

    /** Returns the id of a piece, or `null`. */
    fun idOf(piece: String): Int? = ids[piece]

    /** Returns a text in form C and, where [lowercase], in lower case: what is cut to pieces. */
    open fun normalize(text: String): String {
        val normal = org.s2skeras.core.text.normalize(text)
        return if (lowercase) org.s2skeras.core.text.normalize(Unicode.lower(normal)) else normal
    }

    /** Returns the ids of a text, without begin or end; pieces never seen become `<unk>`. */
    open fun encode(text: String): IntArray {
        val pieces = pieces(text)
        return IntArray(pieces.size) { ids[pieces[it]] ?: UNK_ID }
    }

    /**
     * Returns the text of ids up to the first end token; `<unk>` becomes U+FFFD.
     *
     * @throws IllegalArgumentException an id lies outside 0 to V - 1.
     */
    fun decode(ids: IntArray): String {
        val pieces = ArrayList<String>(ids.size)
        for (id in ids) {
            if (id == EOS_ID) break
            require(id in tokens.indices) {
                "Token ids must lie between 0 and ${tokens.size - 1}. Received: $id."
            }
            if (id == UNK_ID) pieces.add(unknownPiece) else if (id >= SPECIAL_TOKENS.size) pieces.add(tokens[id])
        }
        return join(pieces)
    }

    /** Returns the pieces of a text that have no id of their own, each once, in order. */
    fun unknown(text: String): List<String> = pieces(text).distinct().filter { it !in ids }

    /** Returns how an error names a piece. */
    internal fun describe(piece: String): String {
        val text = join(listOf(piece))
        val point = if (text.pointCount == 1) " (U+%04X)".format(text.codePointAt(0)) else ""
        return "'$text'$point"
    }

    /** Two tokenisers are equal where they give the same ids. */
    override fun equals(other: Any?): Boolean =
        other is Tokenizer && kind == other.kind && lowercase == other.lowercase && tokens == other.tokens

    override fun hashCode(): Int = 31 * kind.hashCode() + tokens.hashCode()

    companion object {
        /**
         * Builds the tokeniser of a definition, a JSON document.
         *
         * @throws IllegalArgumentException it is of another kind or format, or is malformed.
         */
        fun fromDefinition(document: Any?): Tokenizer {
            require(document is Map<*, *>) { "A tokeniser definition must be an object." }
            val kind = document["kind"]
            require(kind is String && kind in KINDS) {
                "A tokeniser definition must have a `kind` of $KINDS. Received: ${brief(kind)}."
            }
            val expected = mutableMapOf<String, Any>(
                "format" to 1L,
                "normalization" to "NFC",
                "special_tokens" to SPECIAL_TOKENS,
            )
            if (kind == "subword") expected["fallback"] = "byte"
            for ((key, value) in expected) {
                require(document[key] == value) {
                    "A tokeniser definition must have `$key` $value. Received: ${brief(document[key])}."
                }
            }
            val lowercase = if ("lowercase" in document) document["lowercase"] else false
            require(lowercase is Boolean) { "`lowercase` must be true or false. Received: ${brief(lowercase)}." }
            val entries = document["${kind}s"]
            require(entries is List<*> && entries.all { it is String }) {
                "A tokeniser definition must have a list of strings `${kind}s`."
            }
            val vocabulary = entries.map { it as String }
            return when (kind) {
                "character" -> CharacterTokenizer(vocabulary, lowercase)
                "word" -> WordTokenizer(vocabulary, lowercase)
                else -> SubwordTokenizer(vocabulary, lowercase)
            }
        }

        private val KINDS = listOf("character", "subword", "word")
    }
}

/** Returns what an error says of a value, but not all of a damaged file with it. */
internal fun brief(value: Any?): String = value.toString().let { if (it.length <= 60) it else it.take(60) + "..." }

/** Cuts text into its code points; `text/character.py`. */
class CharacterTokenizer(vocabulary: List<String>, lowercase: Boolean = false) :
    Tokenizer("character", vocabulary, lowercase) {
    init {
        vocabulary.forEach { piece ->
            require(piece.pointCount == 1) {
                "Each entry of `characters` must be one code point. Received: ${brief(piece)}."
            }
        }
    }

    override fun pieces(text: String): List<String> {
        val pieces = ArrayList<String>(text.length)
        normalize(text).forEachPoint { pieces.add(String(Character.toChars(it))) }
        return pieces
    }

    override fun join(pieces: List<String>): String = pieces.joinToString("")
}

/** Cuts text into words and single other characters, the space before each as U+2581; `text/word.py`. */
class WordTokenizer(vocabulary: List<String>, lowercase: Boolean = false) :
    Tokenizer("word", vocabulary, lowercase) {
    override val unknownPiece: String get() = SPACE + REPLACEMENT

    init {
        vocabulary.forEach { piece ->
            val body = if (piece.length > 1 && piece[0] == SPACE) piece.substring(1) else piece
            require(cutWords(body) == listOf(body)) {
                "Each entry of `words` must be a word or one other character. Received: ${brief(piece)}."
            }
        }
    }

    override fun pieces(text: String): List<String> = cutWords(" " + normalize(text))

    override fun join(pieces: List<String>): String {
        val spaced = pieces.joinToString("") {
            if (it.length > 1 && it[0] == SPACE) " " + it.substring(1) else it
        }
        return spaced.removePrefix(" ")
    }

    /** Returns the pieces, U+2581 for the white space before them. */
    private fun cutWords(text: String): List<String> {
        val pieces = ArrayList<String>()
        var place = 0
        var spaced = false
        while (place < text.length) {
            val point = text.codePointAt(place)
            var end = place + Character.charCount(point)
            if (Unicode.isSpace(point)) {
                spaced = true
            } else {
                if (Unicode.isInWord(point)) {
                    while (end < text.length && Unicode.isInWord(text.codePointAt(end))) {
                        end += Character.charCount(text.codePointAt(end))
                    }
                }
                pieces.add((if (spaced) SPACE.toString() else "") + text.substring(place, end))
                spaced = false
            }
            place = end
        }
        return pieces
    }
}
