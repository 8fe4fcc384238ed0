package org.s2skeras.core.runtime

/**
 * Returns what keeps two signatures from decoding together, or `null`; `runtime/contract.py`.
 *
 * A stateful file's step takes `parent`, and what was encoded stays inside the interpreter; any other
 * step takes what was encoded, the state once a beam. With a shortlist both also take a source's
 * candidates.
 */
internal fun misfit(
    start: Signature,
    step: Signature,
    sourceLength: Int,
    beamWidth: Int,
    shortlistSize: Int?,
): String? {
    val row = "INT32 [$beamWidth]"
    val candidates = maxOf(1, step.outputs["log_probs"]?.shape?.lastOrNull() ?: 0)
    val answers = mutableMapOf(
        "log_probs" to "FLOAT32 [$beamWidth, $candidates]",
        "token_ids" to "INT32 [$beamWidth, $candidates]",
    )
    val inputs = mutableMapOf("token" to row)
    if ("parent" in step.inputs) {
        inputs["parent"] = row
    } else {
        val state = start.outputs["state"]
        val shape = state?.shape.orEmpty()
        val wanted = "${state?.type} ${shape.take(1) + beamWidth + shape.drop(2)}"
        inputs += start.outputs.mapValues { it.value.toString() } + ("state" to wanted)
        answers["state"] = wanted
    }
    if (shortlistSize != null) inputs["candidate_ids"] = "INT32 [$shortlistSize]"
    if ("attention" in step.outputs) answers["attention"] = "FLOAT32 [$beamWidth, $sourceLength]"
    val checks = listOf(
        Triple("A source's inputs", mapOf("source_ids" to "INT32 [1, $sourceLength]"), start.inputs),
        Triple("A step's inputs", inputs, step.inputs),
        Triple("A step's outputs", answers, step.outputs),
    )
    for ((what, wanted, found) in checks) {
        val received = found.mapValues { it.value.toString() }
        if (wanted != received) return "$what must be ${wanted.toSortedMap()}. Received: ${received.toSortedMap()}."
    }
    return null
}
