package org.s2skeras.demo.logic

import java.io.Closeable

/**
 * A model that is loaded when it is first needed and can be let go at any time.
 *
 * Callers take turns, each on a thread of its own: an interpreter serves one at a time. What kept a
 * model from being loaded is remembered, so that a broken file is read and reported once; [release]
 * forgets that, too. A model that answered with an error, on the other hand, is kept.
 */
class ModelHolder<M : Closeable>(private val load: () -> M) {
    private val turn = Any()
    private val lock = Any()
    private var model: M? = null
    private var failure: ModelUnusable? = null
    private var users = 0
    private var unwanted = false

    /** Whether the model is in memory. */
    val isLoaded: Boolean get() = synchronized(lock) { model != null }

    /**
     * Runs `block` with the model, which it loads where that has not been done. Never call it on the
     * main thread.
     *
     * @throws ModelUnusable the model cannot be loaded.
     */
    fun <R> use(block: (M) -> R): R {
        synchronized(lock) { users++ }
        try {
            synchronized(turn) {
                return block(loaded())
            }
        } finally {
            val idle = synchronized(lock) {
                users--
                if (users == 0 && unwanted) forget() else null
            }
            idle?.close()
        }
    }

    /** Closes the model now, or as soon as nobody uses it. The next [use] loads it again. */
    fun release() {
        val idle = synchronized(lock) {
            unwanted = true
            if (users == 0) forget() else null
        }
        idle?.close()
    }

    private fun loaded(): M {
        synchronized(lock) {
            failure?.let { throw it }
            model?.let { return it }
        }
        // Anything may be wrong with a file, and a native library may be missing.
        @Suppress("TooGenericExceptionCaught")
        val result = try {
            load()
        } catch (error: Exception) {
            throw remembered(error)
        } catch (error: LinkageError) {
            throw remembered(error)
        } catch (error: OutOfMemoryError) {
            throw ModelUnusable(error) // there may be more memory next time
        }
        synchronized(lock) { model = result }
        return result
    }

    private fun remembered(error: Throwable): ModelUnusable {
        val unusable = error as? ModelUnusable ?: ModelUnusable(error)
        synchronized(lock) { failure = unusable }
        return unusable
    }

    private fun forget(): M? {
        val idle = model
        model = null
        failure = null
        unwanted = false
        return idle
    }
}

/** A model that cannot be loaded; the message says why, in one line. */
class ModelUnusable(cause: Throwable) : Exception(oneLine(cause), cause)

/** Returns what an error says, in one line. */
fun oneLine(error: Throwable): String {
    val message = error.message?.takeIf { it.isNotBlank() } ?: error.javaClass.simpleName
    return message.trim().replace(Regex("\\s+"), " ").take(MAX_MESSAGE_CHARACTERS)
}

private const val MAX_MESSAGE_CHARACTERS = 300
