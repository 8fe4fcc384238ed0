package org.s2skeras.demo.logic

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

class LatestOnlyTest {
    private val shown = LinkedBlockingQueue<Pair<String, Outcome<Int>>>()
    private val begun = LinkedBlockingQueue<String>()
    private val mayGoOn = CountDownLatch(1)
    private val screen = LinkedBlockingQueue<() -> Unit>()

    private fun next() = shown.poll(10, TimeUnit.SECONDS)

    @Test
    fun `of the texts that come meanwhile only the newest is answered`() {
        val texts = LatestOnly<String, Int>({ it() }, { text, _ ->
            begun += text
            mayGoOn.await()
            text.length
        }, { text, outcome -> shown += text to outcome })
        texts.ask("a")
        assertEquals("a", begun.poll(10, TimeUnit.SECONDS))
        for (text in listOf("ab", "abc", "abcd")) texts.ask(text)
        mayGoOn.countDown()
        assertEquals("a", next()?.first)
        val (text, outcome) = next()!!
        assertEquals("abcd", text)
        assertEquals(4, (outcome as Outcome.Done).answer)
        assertTrue(outcome.milliseconds >= 0)
        texts.ask("z")
        assertEquals("z", next()?.first)
        assertEquals(0, shown.size)
        texts.close()
    }

    @Test
    fun `nothing arrives at a screen that is gone`() {
        val texts = LatestOnly<String, Int>(
            { screen += it }, { text, _ -> text.length }, { text, outcome -> shown += text to outcome },
        )
        texts.ask("rotated away")
        val arriving = screen.poll(10, TimeUnit.SECONDS)!!
        texts.close()
        arriving()
        texts.ask("late")
        assertNull(screen.poll(100, TimeUnit.MILLISECONDS))
        assertEquals(0, shown.size)
    }

    @Test
    fun `a text that gives up for a newer one is not shown`() {
        val texts = LatestOnly<String, Int>({ it() }, { text, isCancelled ->
            begun += text
            while (text == "old" && !isCancelled()) Thread.sleep(1)
            text.length
        }, { text, outcome -> shown += text to outcome })
        texts.ask("old")
        assertEquals("old", begun.poll(10, TimeUnit.SECONDS))
        texts.ask("newer")
        assertEquals("newer", next()?.first)
        assertEquals(0, shown.size)
        texts.close()
    }

    @Test
    fun `an error is told, and the next text answered`() {
        val texts = LatestOnly<String, Int>({ it() }, { text, _ ->
            check(text != "bad") { "this text\nis bad" }
            text.length
        }, { text, outcome -> shown += text to outcome })
        texts.ask("bad")
        assertEquals("this text is bad", (next()!!.second as Outcome.Failed).message)
        texts.ask("good")
        assertEquals(4, (next()!!.second as Outcome.Done).answer)
        texts.close()
    }
}
