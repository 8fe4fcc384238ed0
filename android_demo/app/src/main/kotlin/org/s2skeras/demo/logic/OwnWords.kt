package org.s2skeras.demo.logic

import org.s2skeras.core.runtime.Corrector
import org.s2skeras.core.runtime.DataException
import org.s2skeras.core.runtime.PersonalWords
import java.io.File
import java.io.IOException

/**
 * A person's own words, changed at once in the file and in the corrector that is in memory.
 *
 * Where the model is unusable the words can be changed all the same, and where the file of the words
 * is damaged, texts are corrected without them.
 */
class OwnWords(
    private val file: File,
    private val log: (String) -> Unit,
    private val corrector: () -> ModelHolder<Corrector>,
) {
    private val opened by lazy { PersonalWords(file) }

    /** Returns what a corrector takes; `null`, with a line in the log, where the file is damaged. */
    fun forCorrector(): PersonalWords? = try {
        opened
    } catch (error: DataException) {
        null.also { log(oneLine(error)) }
    } catch (error: IOException) {
        null.also { log(oneLine(error)) }
    }

    /**
     * Returns the words in order.
     *
     * @throws DataException the file is damaged.
     * @throws IOException the file cannot be read.
     */
    fun words(): List<String> = opened.learned.sortedWith(String.CASE_INSENSITIVE_ORDER)

    /** Adds a word, which is then no error. @throws IOException the disk is full; see `PersonalWords`. */
    fun learn(word: String) = change({ it.learn(word) }, { it.learn(word) })

    /** Removes a word. @throws IOException the disk is full; see `PersonalWords`. */
    fun forget(word: String) = change({ it.forget(word) }, { it.forget(word) })

    private fun change(inMemory: (Corrector) -> Unit, inFile: (PersonalWords) -> Unit) {
        val words = opened
        try {
            corrector().use { if (it.personalWords == null) inFile(words) else inMemory(it) }
        } catch (error: ModelUnusable) {
            inFile(words)
        }
    }
}
