package org.s2skeras.core.runtime

import org.s2skeras.core.decoding.StepOutput
import java.nio.ByteBuffer

/** The signature that advances [rows] beams by a token, with the decoder's state between calls. */
internal class StepSignature(private val signature: Signature, val rows: Int) {
    private val token = signature.inputs.getValue("token").buffer.asIntBuffer()
    private val parent = signature.inputs["parent"]?.buffer?.asIntBuffer()
    private val candidateIds = signature.inputs["candidate_ids"]?.buffer?.asIntBuffer()
    private val stateInput = signature.inputs["state"]?.buffer?.asFloatBuffer()
    private val stateOutput = signature.outputs["state"]?.buffer?.asFloatBuffer()
    private val logProbs = signature.outputs.getValue("log_probs").buffer.asFloatBuffer()
    private val tokenIds = signature.outputs.getValue("token_ids").buffer.asIntBuffer()
    private val attention = signature.outputs["attention"]?.buffer?.asFloatBuffer()
    private val layers = signature.inputs["state"]?.shape?.get(0) ?: 0
    private val units = signature.inputs["state"]?.shape?.drop(2)?.fold(1) { product, size -> product * size } ?: 0

    /** Of (layers, rows, units), behind the last step. */
    private val state = FloatArray(layers * rows * units)

    /** What the last step gave. */
    val output = StepOutput(
        rows,
        signature.outputs.getValue("log_probs").shape[1],
        signature.outputs["attention"]?.shape?.get(1) ?: 0,
    )

    /** Takes what was encoded: the state for every row, the rest as it is. */
    fun take(encoded: Signature) {
        for ((name, tensor) in encoded.outputs) {
            if (name != "state") copy(tensor.buffer, signature.inputs.getValue(name).buffer)
        }
        val first = encoded.outputs.getValue("state").buffer.asFloatBuffer()
        for (layer in 0 until layers) {
            for (row in 0 until rows) {
                first.position(layer * units)
                first.get(state, (layer * rows + row) * units, units)
            }
        }
    }

    /** Takes the candidates of a source. */
    fun takeCandidates(ids: IntArray) {
        candidateIds?.rewind()
        candidateIds?.put(ids)
    }

    /** Runs a step, fills [output], and returns the largest id, a negative one as a very large one. */
    fun run(tokens: IntArray, parents: IntArray): Int {
        for (row in 0 until rows) {
            token.put(row, tokens[row])
            parent?.put(row, parents[row])
        }
        if (stateInput != null) {
            stateInput.rewind()
            for (layer in 0 until layers) {
                for (row in 0 until rows) stateInput.put(state, (layer * rows + parents[row]) * units, units)
            }
        }
        signature.run()
        if (stateOutput != null) {
            stateOutput.rewind()
            stateOutput.get(state)
        }
        logProbs.rewind()
        logProbs.get(output.logProbs)
        tokenIds.rewind()
        tokenIds.get(output.tokenIds)
        val weights = output.attention
        if (attention != null && weights != null) {
            attention.rewind()
            attention.get(weights)
        }
        var largest = 0
        var least = 0
        for (id in output.tokenIds) {
            largest = maxOf(largest, id)
            least = minOf(least, id)
        }
        return if (least < 0) Int.MAX_VALUE else largest
    }

    /** Returns a copy of the first row's state. */
    fun state(): FloatArray {
        check(stateInput != null) {
            "A stateful file keeps the decoder's state to itself. Export with `--stateless`."
        }
        val first = FloatArray(layers * units)
        for (layer in 0 until layers) {
            val start = layer * rows * units
            state.copyInto(first, layer * units, start, start + units)
        }
        return first
    }

    /** Goes on in all rows from a state of one. */
    fun resume(from: FloatArray) {
        require(from.size == layers * units) {
            "A state must hold ${layers * units} numbers. Received: ${from.size}."
        }
        for (layer in 0 until layers) {
            for (row in 0 until rows) {
                from.copyInto(state, (layer * rows + row) * units, layer * units, (layer + 1) * units)
            }
        }
    }

    private fun copy(from: ByteBuffer, to: ByteBuffer) {
        to.rewind()
        to.put(from.duplicate().also { it.rewind() })
        to.rewind()
    }
}
