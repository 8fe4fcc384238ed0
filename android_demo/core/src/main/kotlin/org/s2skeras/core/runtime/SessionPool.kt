package org.s2skeras.core.runtime

import java.io.Closeable

/**
 * Hands each search a session of its own: one is made when all others are in use, and kept for the
 * next search; the part of `runtime/seq2seq_lite.py` that keeps threads apart.
 */
class SessionPool internal constructor(
    private val artifact: Artifact,
    private val factory: InterpreterFactory,
    private val keepsEncoded: Boolean,
) : Closeable {
    private val sessions = ArrayList<TfLiteSession>()
    private val free = ArrayList<TfLiteSession>()
    private var isClosed = false

    /** The beam widths that the file holds. */
    val beamWidths: Set<Int>

    init {
        beamWidths = borrowed { it.beamWidths.toSet() }
    }

    /**
     * Calls with a session that nobody else uses meanwhile.
     *
     * @throws IllegalStateException the model is closed.
     */
    fun <T> borrowed(action: (TfLiteSession) -> T): T {
        val session = take()
        try {
            return action(session)
        } finally {
            giveBack(session)
        }
    }

    internal fun take(): TfLiteSession {
        synchronized(this) {
            checkOpen()
            if (free.isNotEmpty()) return free.removeAt(free.size - 1)
        }
        val session = TfLiteSession(artifact, factory)
        session.keepsEncoded = keepsEncoded
        synchronized(this) {
            if (!isClosed) {
                sessions.add(session)
                return session
            }
        }
        session.close()
        error("${artifact.name}: the model is closed.")
    }

    internal fun giveBack(session: TfLiteSession): Unit = synchronized(this) {
        if (!isClosed) free.add(session)
    }

    /** Lets the interpreters go. Searches under way in other threads end at their next step. */
    override fun close() {
        val open = synchronized(this) {
            isClosed = true
            free.clear()
            sessions.toList().also { sessions.clear() }
        }
        open.forEach { it.close() }
    }

    private fun checkOpen() = check(!isClosed) { "${artifact.name}: the model is closed." }
}
