package org.s2skeras.demo.logic

import java.util.concurrent.Executors

/** Runs actions one after the other on a thread of its own, and hands on what became of each. */
class InOrder(private val post: (() -> Unit) -> Unit) {
    private val worker = Executors.newSingleThreadExecutor { task ->
        Thread(task, "words").apply { isDaemon = true }
    }

    fun <A> run(action: () -> A, show: (Outcome<A>) -> Unit) {
        worker.execute {
            val outcome = outcomeOf(action)
            post { show(outcome) }
        }
    }
}
