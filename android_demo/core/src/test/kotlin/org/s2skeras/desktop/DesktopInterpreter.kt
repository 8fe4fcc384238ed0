package org.s2skeras.desktop

import com.sun.jna.Memory
import com.sun.jna.Pointer
import org.s2skeras.core.runtime.Artifact
import org.s2skeras.core.runtime.Interpreter
import org.s2skeras.core.runtime.Signature
import org.s2skeras.core.runtime.Tensor
import org.s2skeras.core.runtime.TensorType
import java.nio.ByteOrder

/** A file on TensorFlow Lite's C library, as Android links it; see [TfLite]. */
class DesktopInterpreter(artifact: Artifact, threads: Int = 1) : Interpreter {
    private val model = created(TfLite.TfLiteModelCreateFromFile(artifact.name), "the graph")
    private val interpreter: Long
    private val runners = HashMap<String, Runner?>()

    init {
        val options = TfLite.TfLiteInterpreterOptionsCreate()
        TfLite.TfLiteInterpreterOptionsSetNumThreads(options, threads)
        interpreter = created(TfLite.TfLiteInterpreterCreate(model, options), "the graph")
        TfLite.TfLiteInterpreterOptionsDelete(options)
        succeed("AllocateTensors", TfLite.TfLiteInterpreterAllocateTensors(interpreter))
    }

    override fun signature(name: String): Signature? = runners.getOrPut(name) {
        val runner = TfLite.TfLiteInterpreterGetSignatureRunner(interpreter, name)
        if (runner == 0L) null else Runner(runner)
    }

    override fun close() {
        runners.values.forEach { if (it != null) TfLite.TfLiteSignatureRunnerDelete(it.runner) }
        runners.clear()
        TfLite.TfLiteInterpreterDelete(interpreter)
        TfLite.TfLiteModelDelete(model)
    }

    private class Bound(val pointer: Long, val memory: Memory, val tensor: Tensor) {
        val address: Long = Pointer.nativeValue(memory)
    }

    private class Runner(val runner: Long) : Signature {
        init {
            succeed("AllocateTensors", TfLite.TfLiteSignatureRunnerAllocateTensors(runner))
        }

        private val boundInputs: Map<String, Bound> =
            List(TfLite.TfLiteSignatureRunnerGetInputCount(runner).toInt()) {
                TfLite.TfLiteSignatureRunnerGetInputName(runner, it)
            }.associateWith { bound(TfLite.TfLiteSignatureRunnerGetInputTensor(runner, it)) }
        private val boundOutputs: Map<String, Bound> =
            List(TfLite.TfLiteSignatureRunnerGetOutputCount(runner).toInt()) {
                TfLite.TfLiteSignatureRunnerGetOutputName(runner, it)
            }.associateWith { bound(TfLite.TfLiteSignatureRunnerGetOutputTensor(runner, it)) }
        private val given = boundInputs.values.toTypedArray()
        private val taken = boundOutputs.values.toTypedArray()
        override val inputs = boundInputs.mapValues { it.value.tensor }
        override val outputs = boundOutputs.mapValues { it.value.tensor }

        override fun run() {
            for (one in given) {
                succeed("CopyFromBuffer", TfLite.TfLiteTensorCopyFromBuffer(one.pointer, one.address, one.memory.size()))
            }
            succeed("Invoke", TfLite.TfLiteSignatureRunnerInvoke(runner))
            for (one in taken) {
                succeed("CopyToBuffer", TfLite.TfLiteTensorCopyToBuffer(one.pointer, one.address, one.memory.size()))
            }
        }

        private fun bound(pointer: Long): Bound {
            val type = when (val number = TfLite.TfLiteTensorType(pointer)) {
                1 -> TensorType.FLOAT32
                2 -> TensorType.INT32
                else -> error("The graph has a tensor of type $number.")
            }
            val shape = List(TfLite.TfLiteTensorNumDims(pointer)) { TfLite.TfLiteTensorDim(pointer, it) }
            val memory = Memory(4L * shape.fold(1) { product, size -> product * size })
            memory.clear()
            val buffer = memory.getByteBuffer(0, memory.size()).order(ByteOrder.nativeOrder())
            return Bound(pointer, memory, Tensor(type, shape, buffer))
        }
    }

    private companion object {
        fun created(pointer: Long, what: String): Long = pointer.also { check(it != 0L) { "The C library refuses $what." } }

        fun succeed(step: String, status: Int) = check(status == 0) { "$step of the C library failed with status $status." }
    }
}
