package org.s2skeras.demo.logic

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.Closeable
import java.io.IOException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger

class ModelHolderTest {
    private class Model : Closeable {
        val users = AtomicInteger()
        var isClosed = false

        override fun close() {
            check(users.get() == 0) { "closed while in use" }
            isClosed = true
        }
    }

    private val loaded = mutableListOf<Model>()
    private val holder = ModelHolder { Model().also { synchronized(loaded) { loaded += it } } }

    @Test
    fun `a model is loaded once and when it is needed`() {
        assertFalse(holder.isLoaded)
        assertSame(holder.use { it }, holder.use { it })
        assertTrue(holder.isLoaded)
        assertEquals(1, loaded.size)
    }

    @Test
    fun `a released model is closed, and loaded again`() {
        holder.use { }
        holder.release()
        assertTrue(loaded.single().isClosed)
        assertFalse(holder.isLoaded)
        holder.use { assertFalse(it.isClosed) }
        assertEquals(2, loaded.size)
        assertTrue(holder.isLoaded)
    }

    @Test
    fun `a model in use is closed when its user is done`() {
        holder.use { model ->
            holder.release()
            assertFalse(model.isClosed)
        }
        assertTrue(loaded.single().isClosed)
        holder.use { }
        assertTrue(holder.isLoaded)
    }

    @Test
    fun `two clients take turns while the model is released again and again`() {
        val clients = Executors.newFixedThreadPool(CLIENTS)
        val begin = CountDownLatch(1)
        val answers = List(CLIENTS) {
            clients.submit<Boolean> {
                begin.await()
                (1..ROUNDS).all {
                    if (it % 7 == 0) holder.release()
                    holder.use { model ->
                        val alone = model.users.incrementAndGet() == 1 && !model.isClosed
                        Thread.yield()
                        model.users.decrementAndGet()
                        alone
                    }
                }
            }
        }
        begin.countDown()
        assertTrue(answers.all { it.get(1, TimeUnit.MINUTES) })
        clients.shutdown()
        holder.release()
        assertTrue(loaded.all { it.isClosed })
    }

    @Test
    fun `a model that is released while it loads is used once and closed`() {
        val loading = CountDownLatch(1)
        val mayEnd = CountDownLatch(1)
        val slow = ModelHolder {
            loading.countDown()
            mayEnd.await()
            Model().also { loaded += it }
        }
        val client = Executors.newSingleThreadExecutor()
        val answer = client.submit<Boolean> { slow.use { !it.isClosed } }
        assertTrue(loading.await(10, TimeUnit.SECONDS))
        slow.release() // the screen is gone, or memory is short
        mayEnd.countDown()
        assertTrue(answer.get(10, TimeUnit.SECONDS))
        client.shutdown()
        assertTrue(loaded.single().isClosed)
        assertFalse(slow.isLoaded)
    }

    @Test
    fun `clients that wait for a model share it`() {
        val begin = CountDownLatch(1)
        val clients = Executors.newFixedThreadPool(CLIENTS)
        val slow = ModelHolder { Model().also { Thread.sleep(50) }.also { loaded += it } }
        val answers = List(CLIENTS) { clients.submit<Model> { begin.await().let { slow.use { it } } } }
        begin.countDown()
        assertEquals(1, answers.map { it.get(10, TimeUnit.SECONDS) }.toSet().size)
        clients.shutdown()
        assertEquals(1, loaded.size)
    }

    @Test
    fun `what keeps a model from loading is found out once, and said in one line`() {
        var tries = 0
        val broken = ModelHolder<Model> {
            tries++
            throw IOException("en.tflite: no readable metadata.\n  It is truncated.")
        }
        repeat(3) {
            val error = assertThrows(ModelUnusable::class.java) { broken.use { } }
            assertEquals("en.tflite: no readable metadata. It is truncated.", error.message)
        }
        assertEquals(1, tries)
        broken.release()
        assertThrows(ModelUnusable::class.java) { broken.use { } }
        assertEquals(2, tries)
    }

    @Test
    fun `a missing native library is told like a broken file`() {
        val broken = ModelHolder<Model> { throw UnsatisfiedLinkError("no tensorflowlite_jni") }
        val error = assertThrows(ModelUnusable::class.java) { broken.use { } }
        assertEquals("no tensorflowlite_jni", error.message)
    }

    @Test
    fun `an error of a user keeps the model`() {
        assertThrows(IllegalStateException::class.java) { holder.use { error("this text") } }
        assertTrue(holder.isLoaded)
        holder.release()
        assertTrue(loaded.single().isClosed)
    }

    private companion object {
        const val CLIENTS = 4
        const val ROUNDS = 500
    }
}
