package org.s2skeras.demo.logic

import java.io.Closeable
import java.util.concurrent.Executors

/**
 * Computes answers to what is typed, on a thread of its own, and leaves out what is out of date.
 *
 * While one text is worked on, only the newest of those that follow waits; `compute` may ask whether
 * there is one, and give up: then nothing is shown. Answers arrive through `post`, which hands them to
 * the thread of the screen; none arrives after [close].
 */
class LatestOnly<Q : Any, A>(
    private val post: (() -> Unit) -> Unit,
    private val compute: (question: Q, isCancelled: () -> Boolean) -> A,
    private val show: (Q, Outcome<A>) -> Unit,
) : Closeable {
    private val worker = Executors.newSingleThreadExecutor { task ->
        Thread(task, "model").apply { isDaemon = true }
    }
    private val lock = Any()
    private var waiting: Q? = null
    private var isBusy = false
    private var isClosed = false

    /** Asks for the answer to `question`, instead of all that have not begun. */
    fun ask(question: Q) {
        synchronized(lock) {
            if (isClosed) return
            waiting = question
            if (isBusy) return
            isBusy = true
        }
        worker.execute(::work)
    }

    override fun close() {
        synchronized(lock) {
            isClosed = true
            waiting = null
        }
        worker.shutdown()
    }

    private fun work() {
        while (true) {
            val question = synchronized(lock) {
                val next = waiting
                waiting = null
                if (next == null) isBusy = false
                next
            } ?: return
            var wasCancelled = false
            val isCancelled = {
                wasCancelled = wasCancelled || synchronized(lock) { isClosed || waiting != null }
                wasCancelled
            }
            val outcome = outcomeOf { compute(question, isCancelled) }
            if (!wasCancelled) post { if (synchronized(lock) { !isClosed }) show(question, outcome) }
        }
    }
}

/** What became of a question: an answer with its time, or what was wrong in one line. */
sealed class Outcome<out A> {
    class Done<A>(val answer: A, val milliseconds: Double) : Outcome<A>()

    class Failed(val message: String) : Outcome<Nothing>()
}

/** Runs `compute`, measures it, and turns what it throws into words. */
@Suppress("TooGenericExceptionCaught") // a screen that says what is wrong is better than none
fun <A> outcomeOf(compute: () -> A): Outcome<A> {
    val start = System.nanoTime()
    return try {
        val answer = compute()
        Outcome.Done(answer, (System.nanoTime() - start) / 1e6)
    } catch (error: Exception) {
        Outcome.Failed(oneLine(error))
    } catch (error: OutOfMemoryError) {
        Outcome.Failed("Out of memory: ${oneLine(error)}")
    }
}
