package org.s2skeras.core.decoding

import com.sun.management.ThreadMXBean
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.s2skeras.Goldens
import org.s2skeras.core.runtime.TfLiteSession
import java.lang.management.ManagementFactory

class AllocationTest {
    private val bean = ManagementFactory.getThreadMXBean() as ThreadMXBean

    private fun allocated(action: () -> Unit): Long {
        val thread = Thread.currentThread().id
        val before = bean.getThreadAllocatedBytes(thread)
        action()
        return bean.getThreadAllocatedBytes(thread) - before
    }

    @Test
    fun `a step of a session leaves no garbage`() {
        for (name in listOf("en.tflite", "en-fr.tflite")) {
            TfLiteSession(Goldens.model(name), Goldens.desktop).use { session ->
                val width = session.beamWidths.last()
                val rows = IntArray(width) { it }
                val tokens = IntArray(width) { 1 }
                session.start(intArrayOf(5, 6, 7), width)
                repeat(50) { session.step(tokens, rows) }
                val bytes = allocated { repeat(100) { session.step(tokens, rows) } } / 100
                println("$name: $bytes bytes a step of the session")
                assertTrue(bytes <= 64) { "$name: $bytes bytes a step" }
            }
        }
    }

    @Test
    fun `a step of a search leaves less than a kilobyte`() {
        val artifact = Goldens.model("en-fr.tflite")
        val settings = DecodingSettings(beamWidth = 4, minOutputLength = 60, maxOutputLength = 64, maxSourceLength = 64)
        TfLiteSession(artifact, Goldens.desktop).use { session ->
            repeat(3) { Search(session, intArrayOf(5, 6, 7), settings).run() }
            val search = Search(session, intArrayOf(5, 6, 7), settings)
            var steps = 0
            val bytes = allocated { do steps++ while (search.advance()) } / steps
            println("$bytes bytes a step of the search")
            assertTrue(bytes < 1024) { "$bytes bytes a step" }
        }
    }
}
