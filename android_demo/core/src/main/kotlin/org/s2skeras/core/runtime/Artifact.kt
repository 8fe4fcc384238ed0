package org.s2skeras.core.runtime

import org.s2skeras.core.text.Lexicon
import org.s2skeras.core.text.Shortlist
import org.s2skeras.core.text.Tokenizer
import org.s2skeras.core.text.brief
import org.s2skeras.core.text.isUtf8
import org.s2skeras.core.text.pointCountOfSurrogates
import java.io.File
import java.io.IOException
import java.io.RandomAccessFile
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.security.MessageDigest

/** The format of files that are read. */
const val FORMAT_VERSION = 2

private const val MODEL_JSON = "model.json"
private const val SOURCE_TOKENIZER = "source_tokenizer.json"
private const val TARGET_TOKENIZER = "target_tokenizer.json"
private const val SHORTLIST_FILE = "shortlist.bin"
private const val LEXICON_FILE = "lexicon.bin"
private const val MIB = 1 shl 20
private const val MAX_BRACKETS = 10_000
private val MAX_BYTES = mapOf(
    MODEL_JSON to MIB,
    SOURCE_TOKENIZER to 16 * MIB,
    TARGET_TOKENIZER to 16 * MIB,
    SHORTLIST_FILE to 64 * MIB,
    LEXICON_FILE to 16 * MIB,
)
private val OPTIONAL_FILES = setOf(SHORTLIST_FILE, LEXICON_FILE)

/**
 * A model file, checked; `runtime/artifact.py`.
 *
 * @property name what errors call the file.
 * @property content the whole file, in memory or mapped into it; an interpreter takes it as it is.
 * @property metadata the document `model.json`.
 * @property shortlist source ids -> the target ids that an output is made of; `null` for all.
 * @property lexicon the words that a correction is made of; `null` where any are.
 */
class Artifact private constructor(
    val name: String,
    val content: ByteBuffer,
    val metadata: Map<String, Any?>,
    val sourceTokenizer: Tokenizer,
    val targetTokenizer: Tokenizer,
    val shortlist: Shortlist?,
    val lexicon: Lexicon?,
) {
    /** The task that the file was made for, or `null`. */
    val task: String? get() = metadata["task"] as? String

    companion object {
        /**
         * Maps a file into memory and checks all of it.
         *
         * @throws ArtifactException the file is missing or unusable; see [read].
         */
        fun read(file: File): Artifact {
            if (!file.isFile) throw ArtifactException("$file: this is not a file.")
            val content = try {
                RandomAccessFile(file, "r").use { opened ->
                    opened.channel.use { it.map(FileChannel.MapMode.READ_ONLY, 0, it.size()) }
                }
            } catch (error: IOException) {
                throw ArtifactException("$file: cannot be read: ${error.message}.", error)
            } catch (error: IllegalArgumentException) {
                throw ArtifactException("$file: is too large to be mapped.", error)
            }
            return read(content, file.path)
        }

        /**
         * Checks all of the one file before an interpreter sees any of it.
         *
         * @param content the file, from position 0 to its limit.
         * @param name what errors call it.
         * @throws ArtifactException the file is no TFLite file, holds no or damaged metadata, is of a
         *     newer format, or a checksum does not match.
         */
        fun read(content: ByteBuffer, name: String): Artifact = Reader(content, name).artifact()

        private class Reader(private val content: ByteBuffer, private val name: String) {
            fun artifact(): Artifact {
                val isFlatbuffer = content.limit() >= 8 && (4 until 8).all { content.get(it) == "TFL3"[it - 4].code.toByte() }
                if (!isFlatbuffer) fail("this is not a TFLite file (its identifier is not TFL3).")
                val members = members()
                val metadata = metadata(members.getValue(MODEL_JSON))
                checkSums(members, metadata)
                val source = members.getValue(SOURCE_TOKENIZER)
                val target = members.getValue(TARGET_TOKENIZER)
                val sourceTokenizer = usable("a vocabulary") { tokenizer(source) }
                val targetTokenizer =
                    if (source.contentEquals(target)) sourceTokenizer else usable("a vocabulary") { tokenizer(target) }
                val shortlist = shortlist(metadata, members[SHORTLIST_FILE], sourceTokenizer, targetTokenizer)
                val lexicon = members[LEXICON_FILE]?.let { usable("the lexicon") { Lexicon.fromBytes(it) } }
                return Artifact(name, content, metadata, sourceTokenizer, targetTokenizer, shortlist, lexicon)
            }

            private fun members(): Map<String, ByteArray> = try {
                val zip = ZipMembers(content)
                MAX_BYTES.filterKeys { it !in OPTIONAL_FILES || it in zip.names }.mapValues { (member, most) ->
                    val bytes = zip.read(member, most)
                    val brackets = bytes.count { it == '['.code.toByte() || it == '{'.code.toByte() }
                    require(!member.endsWith(".json") || brackets <= MAX_BRACKETS) {
                        "$member must hold at most $MAX_BRACKETS lists and objects"
                    }
                    bytes
                }
            } catch (error: IllegalArgumentException) {
                fail(
                    "no readable metadata (${error.message}). The file is truncated or damaged, or was not made " +
                        "by `s2s-keras export`.",
                    error,
                )
            } catch (error: IndexOutOfBoundsException) {
                fail("no readable metadata. The file is truncated or damaged.", error)
            }

            private fun metadata(bytes: ByteArray): Map<String, Any?> {
                val document = try {
                    json(bytes)
                } catch (error: IllegalArgumentException) {
                    fail("model.json is not valid JSON: ${error.message}", error)
                }
                if (document !is Map<*, *>) fail("model.json must be an object.")
                @Suppress("UNCHECKED_CAST")
                val metadata = document as Map<String, Any?>
                val version = metadata["format_version"]
                if (version is Long && version > 0 && version != FORMAT_VERSION.toLong()) {
                    val remedy = if (version > FORMAT_VERSION) "Update the app" else "Export the model again"
                    fail("the file has format $version; this version reads format $FORMAT_VERSION. $remedy.")
                }
                fun must(key: String, holds: Boolean) {
                    if (!holds) {
                        val received = brief(metadata[key])
                        fail("`$key` of model.json is missing, of a wrong type or out of range. Received: $received.")
                    }
                }
                must("format_version", version == FORMAT_VERSION.toLong())
                for (key in listOf("max_source_length", "max_output_length", "beam_width", "graph_bytes")) {
                    must(key, metadata[key] is Long)
                }
                must("length_penalty_alpha", metadata["length_penalty_alpha"] is Number)
                must("signatures", metadata["signatures"] is Map<*, *>)
                must("sha256", metadata["sha256"] is Map<*, *>)
                must("graph_bytes", metadata["graph_bytes"] as Long in 8..content.limit())
                must("signatures", holdsNames(metadata["signatures"] as Map<*, *>, 3))
                return metadata
            }

            private fun holdsNames(signatures: Map<*, *>, depth: Int): Boolean = depth > 0 &&
                signatures.values.all { if (it is Map<*, *>) holdsNames(it, depth - 1) else it is String }

            private fun checkSums(members: Map<String, ByteArray>, metadata: Map<String, Any?>) {
                val expected = metadata["sha256"] as Map<*, *>
                val graph = content.duplicate()
                graph.position(0)
                graph.limit((metadata["graph_bytes"] as Long).toInt())
                val parts = members.filterKeys { it != MODEL_JSON }.mapValues { (_, bytes) -> ByteBuffer.wrap(bytes) }
                for ((part, bytes) in parts + ("graph" to graph)) {
                    val digest = MessageDigest.getInstance("SHA-256").also { it.update(bytes) }.digest()
                    if (expected[part] != hexadecimal(digest)) {
                        fail(
                            "the checksum of $part does not match model.json; the file is damaged. " +
                                "Export or download it again.",
                        )
                    }
                }
            }

            private fun tokenizer(bytes: ByteArray): Tokenizer {
                val tokenizer = Tokenizer.fromDefinition(json(bytes))
                require(tokenizer.tokens.all { it.pointCountOfSurrogates() == 0 }) {
                    "an entry holds half of a surrogate pair"
                }
                return tokenizer
            }

            private fun shortlist(
                metadata: Map<String, Any?>,
                bytes: ByteArray?,
                source: Tokenizer,
                target: Tokenizer,
            ): Shortlist? {
                val described = metadata["shortlist"]
                if ((described == null) != (bytes == null)) {
                    fail("a file must hold both $SHORTLIST_FILE and `shortlist` of model.json, or neither. Export it again.")
                }
                if (bytes == null) return null
                val sizes = described as? Map<*, *>
                val size = sizes?.get("size") as? Long
                val perToken = sizes?.get("per_token") as? Long
                if (size == null || perToken == null || maxOf(size, perToken) > bytes.size) {
                    fail("`shortlist` of model.json must have the whole numbers `size` and `per_token` of the member.")
                }
                return usable("the shortlist") {
                    Shortlist.fromBytes(bytes, size.toInt(), perToken.toInt(), source.size, target.size)
                }
            }

            private fun json(bytes: ByteArray): Any? {
                require(isUtf8(bytes)) { "it is no UTF-8" }
                return parseJson(String(bytes, Charsets.UTF_8))
            }

            private fun <T> usable(what: String, read: () -> T): T = try {
                read()
            } catch (error: IllegalArgumentException) {
                fail("$what is not usable: ${error.message?.take(300)}", error)
            }

            private fun fail(message: String, cause: Throwable? = null): Nothing =
                throw ArtifactException("$name: $message", cause)
        }

        private fun hexadecimal(bytes: ByteArray): String {
            val digits = "0123456789abcdef"
            return bytes.joinToString("") { "${digits[it.toInt() shr 4 and 15]}${digits[it.toInt() and 15]}" }
        }
    }
}
