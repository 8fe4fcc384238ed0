package org.s2skeras.core.runtime

import java.io.Closeable
import java.nio.ByteBuffer

/** The types that our signatures have. */
enum class TensorType { FLOAT32, INT32 }

/**
 * A tensor of a signature.
 *
 * @property shape of positive numbers.
 * @property buffer its values in row-major order: direct, in the order of the machine's bytes. It
 *     stays the same from call to call.
 */
class Tensor(val type: TensorType, val shape: List<Int>, val buffer: ByteBuffer) {
    /** The number of values. */
    val size: Int get() = shape.fold(1) { product, size -> product * size }

    override fun toString(): String = "$type $shape"
}

/**
 * One signature of an interpreter: write [inputs], call [run], read [outputs].
 *
 * Inputs keep their values from call to call. A call allocates nothing.
 */
interface Signature {
    val inputs: Map<String, Tensor>
    val outputs: Map<String, Tensor>

    /** Runs the signature. @throws IllegalStateException the interpreter fails. */
    fun run()
}

/** What runs a graph; used by one thread at a time. Signatures live as long as it is open. */
interface Interpreter : Closeable {
    /** Returns a signature of a name; `null` where there is none. */
    fun signature(name: String): Signature?

    override fun close()
}

/** Makes an interpreter of a checked file. */
fun interface InterpreterFactory {
    /** Opens the file. @throws IllegalStateException the interpreter refuses the graph. */
    fun open(artifact: Artifact): Interpreter
}
