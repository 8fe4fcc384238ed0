package org.s2skeras.demo

import org.s2skeras.core.runtime.Artifact
import org.s2skeras.core.runtime.Interpreter
import org.s2skeras.core.runtime.Signature
import org.s2skeras.core.runtime.Tensor
import org.s2skeras.core.runtime.TensorType
import org.tensorflow.lite.DataType
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.tensorflow.lite.Interpreter as TensorFlowLite
import org.tensorflow.lite.Tensor as LiteTensor

/**
 * A file on TensorFlow Lite's own Java interface, with its builtin operators alone.
 *
 * Every tensor has one direct buffer, made once; TensorFlow Lite copies from and into it.
 *
 * @param artifact its content must be mapped, or a direct buffer.
 * @param threads at least 1; more hardly help at these sizes.
 * @throws IllegalStateException TensorFlow Lite refuses the graph.
 */
class LiteInterpreter(artifact: Artifact, threads: Int = 1) : Interpreter {
    private val content: ByteBuffer = artifact.content.duplicate().order(ByteOrder.nativeOrder())
    private val lite = refused("the graph") {
        TensorFlowLite(content, TensorFlowLite.Options().setNumThreads(threads))
    }
    private val names = lite.signatureKeys.toSet()
    private val signatures = HashMap<String, Signature>()

    override fun signature(name: String): Signature? =
        if (name in names) signatures.getOrPut(name) { LiteSignature(lite, name) } else null

    override fun close() = lite.close()
}

private class LiteSignature(private val lite: TensorFlowLite, private val name: String) : Signature {
    override val inputs: Map<String, Tensor> = lite.getSignatureInputs(name)
        .associateWith { tensor(lite.getInputTensorFromSignature(it, name)) }
    override val outputs: Map<String, Tensor> = lite.getSignatureOutputs(name)
        .associateWith { tensor(lite.getOutputTensorFromSignature(it, name)) }
    private val given: Map<String, Any> = inputs.mapValues { it.value.buffer }
    private val taken: Map<String, Any> = outputs.mapValues { it.value.buffer }
    private val buffers = inputs.values.map { it.buffer } + outputs.values.map { it.buffer }

    override fun run() {
        rewind()
        refused("the signature $name") { lite.runSignature(given, taken, name) }
        rewind()
    }

    // TensorFlow Lite moves the positions of the buffers that it fills.
    private fun rewind() {
        for (index in buffers.indices) buffers[index].clear()
    }
}

private fun tensor(found: LiteTensor): Tensor {
    val type = when (found.dataType()) {
        DataType.FLOAT32 -> TensorType.FLOAT32
        DataType.INT32 -> TensorType.INT32
        else -> error("The graph has a tensor of type ${found.dataType()}.")
    }
    val buffer = ByteBuffer.allocateDirect(found.numBytes()).order(ByteOrder.nativeOrder())
    return Tensor(type, found.shape().toList(), buffer)
}

private inline fun <T> refused(what: String, action: () -> T): T = try {
    action()
} catch (error: IllegalArgumentException) {
    throw IllegalStateException("TensorFlow Lite refuses $what: ${error.message}", error)
}
