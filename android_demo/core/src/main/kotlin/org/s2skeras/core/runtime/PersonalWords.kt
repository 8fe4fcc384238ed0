package org.s2skeras.core.runtime

import org.s2skeras.core.text.MAX_WORD_CHARACTERS
import org.s2skeras.core.text.Unicode
import org.s2skeras.core.text.brief
import org.s2skeras.core.text.forEachPoint
import org.s2skeras.core.text.isUtf8
import org.s2skeras.core.text.normalize
import org.s2skeras.core.text.pointCount
import org.s2skeras.core.text.straighten
import org.s2skeras.core.text.stripped
import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.io.RandomAccessFile

/**
 * Words that a person has learned to a corrector, and words that it must never suggest;
 * `runtime/personal_words.py`, with the same file.
 *
 * The file holds a word a line, those that are never suggested with a hyphen before them. Empty lines
 * and lines that begin with `#` are left as they are. Every change reads the file anew and replaces it
 * atomically, while nobody else may: where the disk is full, what was there stays.
 *
 * @property file it need not exist.
 * @throws DataException the file is no text in UTF-8, is too large or holds a line that is no word.
 * @throws IOException the file cannot be read.
 */
class PersonalWords(val file: File) {
    /** The words. */
    @Volatile
    var learned: Set<String> = emptySet()
        private set

    /** The words that are never suggested. */
    @Volatile
    var blocked: Set<String> = emptySet()
        private set

    init {
        keep(read())
    }

    /**
     * Adds a word, which is then no error, and may be suggested.
     *
     * @throws InputException it is no word: empty, too long, or with white space or control characters.
     * @throws DataException see the class.
     * @throws IOException the file cannot be written.
     */
    fun learn(word: String) = change(word) { lines -> lines + word }

    /** Removes a word, learned or blocked; one that is not there is no error. See [learn]. */
    fun forget(word: String) = change(word) { it }

    /** Sees to it that a word is never suggested. See [learn]. */
    fun block(word: String) = change(word) { lines -> lines + (BLOCKED + word) }

    private fun change(word: String, change: (List<String>) -> List<String>): Unit = synchronized(LOCK) {
        checkWord(word)
        val target = file.canonicalFile // a link stays one
        val folder = target.absoluteFile.parentFile
        if (!folder.isDirectory && !folder.mkdirs()) throw IOException("$folder: cannot be made.")
        RandomAccessFile(File(folder, ".${target.name}.lock"), "rw").use { lockFile ->
            lockFile.channel.use { channel ->
                channel.lock().use {
                    val before = read()
                    val after = change(without(before, word))
                    if (after != before) write(target, after)
                    keep(after)
                }
            }
        }
    }

    private fun write(target: File, lines: List<String>) {
        var temporary: File? = null
        try {
            temporary = File.createTempFile(".${target.name}", ".tmp", target.parentFile)
            FileOutputStream(temporary).use { stream ->
                stream.write(lines.joinToString("") { "$it\n" }.toByteArray())
                stream.fd.sync()
            }
            if (!temporary.renameTo(target)) throw IOException("it cannot be replaced")
        } catch (error: IOException) {
            throw IOException("$target: cannot be written: ${error.message}. Its words are those of before.", error)
        } finally {
            temporary?.delete()
        }
    }

    private fun keep(lines: List<String>) {
        val words = lines.map { it.stripped() }.filter { it.isNotEmpty() && !it.startsWith("#") }
        blocked = words.filter { it.startsWith(BLOCKED) }.map { it.substring(1) }.toSet()
        learned = words.filter { !it.startsWith(BLOCKED) }.toSet()
    }

    /** Returns the lines of the file; none where there is no file. */
    private fun read(): List<String> {
        if (!file.exists()) return emptyList()
        if (file.length() > MAX_BYTES) {
            throw DataException("$file: personal words must take at most $MAX_BYTES bytes. Is it the right file?")
        }
        val bytes = file.readBytes()
        if (bytes.isEmpty()) return emptyList()
        if (!isUtf8(bytes)) throw DataException("$file: personal words must be text in UTF-8.")
        val lines = String(bytes, Charsets.UTF_8).removePrefix("\ufeff").removeSuffix("\n").split("\n")
        return lines.mapIndexed { number, line ->
            val word = line.stripped()
            try {
                if (word.isNotEmpty() && !word.startsWith("#")) checkWord(word.removePrefix(BLOCKED))
            } catch (error: InputException) {
                throw DataException("$file, line ${number + 1}: ${error.message} Repair the line, or name another file.")
            }
            line.trimEnd('\r')
        }
    }

    private companion object {
        const val BLOCKED = "-"
        const val MAX_BYTES = 4 * (1 shl 20)

        /** A file lock holds off other processes, and this other threads. */
        val LOCK = Any()

        fun key(word: String): String = Unicode.lower(straighten(normalize(word)))

        fun without(lines: List<String>, word: String): List<String> {
            val keys = setOf(key(word), BLOCKED + key(word))
            return lines.filter { key(it.stripped()) !in keys }
        }

        fun checkWord(word: String) {
            var isWord = maxOf(word.pointCount, key(word).pointCount) in 1..MAX_WORD_CHARACTERS
            word.forEachPoint {
                val isControl = it < 0x20 || it in 0x7f..0x9f || it in 0xd800..0xdfff
                if (isControl || Unicode.isSpace(it)) isWord = false
            }
            if (!isWord) {
                throw InputException(
                    "A word must hold 1 to $MAX_WORD_CHARACTERS characters, none of them white space or a control " +
                        "character. Received: ${brief(word)}.",
                )
            }
            if (word.startsWith("#") || word.startsWith(BLOCKED)) {
                throw InputException("A word must not begin with '#' or '$BLOCKED'. Received: ${brief(word)}.")
            }
        }
    }
}
