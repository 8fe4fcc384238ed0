package org.s2skeras.core.runtime

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.File
import java.nio.ByteBuffer
import java.security.MessageDigest
import java.util.Random
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream

/** Small files, made here: the graph is never looked into. */
class ArtifactTest {
    private val graph = "????TFL3 and what an interpreter would read".toByteArray()
    private val tokenizer =
        """{"format": 1, "kind": "character", "normalization": "NFC",
            "special_tokens": ["<pad>", "<bos>", "<eos>", "<unk>"], "characters": ["a", "b"]}"""

    private fun model(
        members: Map<String, ByteArray> = mapOf(
            "source_tokenizer.json" to tokenizer.toByteArray(),
            "target_tokenizer.json" to tokenizer.toByteArray(),
        ),
        version: String = "2",
        extra: String = "",
        graph: ByteArray = this.graph,
    ): ByteArray {
        val sums = (members + ("graph" to graph)).entries.joinToString { (name, bytes) -> "\"$name\": \"${sha256(bytes)}\"" }
        val json =
            """{"format_version": $version, "max_source_length": 4, "max_output_length": 4, "beam_width": 1,
                "length_penalty_alpha": 1, "signatures": {}, "graph_bytes": ${graph.size}, "sha256": {$sums} $extra}"""
        val content = ByteArrayOutputStream().also { it.write(graph) }
        ZipOutputStream(content).use { zip ->
            for ((name, bytes) in members + ("model.json" to json.toByteArray())) {
                zip.putNextEntry(ZipEntry(name))
                zip.write(bytes)
                zip.closeEntry()
            }
        }
        return content.toByteArray()
    }

    private fun sha256(bytes: ByteArray) =
        MessageDigest.getInstance("SHA-256").digest(bytes).joinToString("") { "%02x".format(it) }

    private fun read(content: ByteArray) = Artifact.read(ByteBuffer.wrap(content), "small.tflite")

    private fun refused(content: ByteArray, part: String) {
        val message = assertThrows(ArtifactException::class.java) { read(content) }.message!!
        assertTrue(message.startsWith("small.tflite: ") && part in message) { message }
    }

    @Test
    fun `a file is read`() {
        val artifact = read(model())
        assertEquals(listOf("a", "b"), artifact.sourceTokenizer.vocabulary)
        assertEquals(4L, artifact.metadata["max_source_length"])
    }

    @Test
    fun `foreign, older and newer files are told apart`() {
        refused(ByteArray(0), "not a TFLite file")
        refused("PK and something else".toByteArray(), "not a TFLite file")
        refused(graph, "no readable metadata")
        refused(model(version = "3"), "Update the app")
        refused(model(version = "1"), "Export the model again")
        refused(model(version = "\"2\""), "`format_version`")
        refused(model(extra = ", \"signatures\": {\"encode\": 7}"), "`signatures`")
        refused(model(extra = ", \"beam_width\": true"), "`beam_width`")
        refused(model(extra = ", \"graph_bytes\": 123456789"), "`graph_bytes`")
        refused(model(extra = ", \"shortlist\": {}"), "shortlist.bin")
        refused(model(extra = "]"), "not valid JSON")
        refused(model(extra = ", \"a\": " + "[".repeat(5000)), "not valid JSON")
        refused(model(extra = ", \"a\": " + "[".repeat(20000)), "lists and objects")
        refused(model(members = mapOf("source_tokenizer.json" to ByteArray(2))), "target_tokenizer.json")
    }

    @Test
    fun `members that are damaged or no vocabularies are named`() {
        val tokenizers = mapOf("source_tokenizer.json" to tokenizer.toByteArray())
        fun with(target: ByteArray) = model(tokenizers + ("target_tokenizer.json" to target))
        refused(with("{}".toByteArray()), "a vocabulary is not usable")
        refused(with(byteArrayOf(-1)), "a vocabulary is not usable")
        refused(with(tokenizer.replace("\"b\"", "\"a\"").toByteArray()), "distinct")
        refused(with(tokenizer.replace("\"b\"", "\"\\ud800\"").toByteArray()), "surrogate")
        val whole = mapOf("target_tokenizer.json" to tokenizer.toByteArray()) + tokenizers
        refused(model(whole + ("lexicon.bin" to byteArrayOf(2, 0, 0, 0, 1, 1, 98, 10, 97))), "the lexicon is not usable")
        refused(model(whole + ("lexicon.bin" to byteArrayOf(-1, -1, -1, -1, 1))), "the lexicon is not usable")
        val changed = model().also { it[12] = 'x'.code.toByte() }
        refused(changed, "the checksum of graph does not match")
    }

    @Test
    fun `no damage gives anything but one clear exception`() {
        val whole = model()
        for (size in whole.indices) assertThrows(ArtifactException::class.java) { read(whole.copyOf(size)) }
        val random = Random(7)
        repeat(20_000) {
            val damaged = whole.copyOf()
            repeat(1 + random.nextInt(3)) {
                // Where the directory and the headers are, mostly.
                val place = if (random.nextBoolean()) damaged.size - 1 - random.nextInt(300) else random.nextInt(damaged.size)
                damaged[place] = if (random.nextInt(4) == 0) -1 else random.nextInt(256).toByte()
            }
            try {
                read(damaged)
            } catch (_: ArtifactException) {
                // what it is for
            }
        }
    }

    @Test
    fun `what is no file is said so`(@TempDir folder: File) {
        for (file in listOf(folder, File(folder, "missing"))) {
            val error = assertThrows(ArtifactException::class.java) { Artifact.read(file) }
            assertTrue("$file: this is not a file." == error.message)
        }
        val empty = File(folder, "empty").also { it.writeBytes(ByteArray(0)) }
        assertThrows(ArtifactException::class.java) { Artifact.read(empty) }
    }
}
