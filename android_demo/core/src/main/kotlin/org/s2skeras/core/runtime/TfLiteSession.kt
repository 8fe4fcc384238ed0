package org.s2skeras.core.runtime

import org.s2skeras.core.decoding.ResumableSession
import org.s2skeras.core.decoding.StepOutput
import org.s2skeras.core.text.PAD_ID
import java.io.Closeable
import java.util.TreeMap
import java.util.concurrent.locks.ReentrantLock

/**
 * Runs a file's signatures; `runtime/session.py` and `runtime/guard.py`.
 *
 * A source goes to the graph of the smallest source length that holds it. Between steps the decoder's
 * state is kept here, or, in a stateful file, inside the interpreter. One thread at a time: a call
 * during another's is refused. A step allocates nothing.
 *
 * @property keepsEncoded whether a source that was the last one, too, is not encoded again; in a
 *     stateful file it always is.
 * @throws ArtifactException the interpreter refuses the graph, or a signature is missing or of another
 *     shape, or the vocabularies are of another model.
 */
class TfLiteSession(artifact: Artifact, factory: InterpreterFactory) : ResumableSession, Closeable {
    var keepsEncoded: Boolean = false
    private val name = artifact.name
    private val shortlist = artifact.shortlist
    private val sourceSize = artifact.sourceTokenizer.size
    private val targetSize = artifact.targetTokenizer.size
    private val lock = ReentrantLock()
    private val isStateful: Boolean
    private val interpreter: Interpreter
    private val starts = TreeMap<Int, SourceSignature>()
    private val steps = TreeMap<Int, TreeMap<Int, StepSignature>>()
    private var current: StepSignature? = null
    private var encoded: SourceSignature? = null

    @Volatile
    private var isClosed = false

    /** The beam widths that the file holds a signature for. */
    val beamWidths: Set<Int> get() = steps.firstEntry().value.keys

    init {
        val signatures = artifact.metadata["signatures"] as Map<*, *>
        isStateful = "start" in signatures
        interpreter = refusing { factory.open(artifact) }
        try {
            mapSignatures(signatures, (artifact.metadata["max_source_length"] as Long).toInt())
            prove()
        } catch (error: Throwable) {
            interpreter.close()
            throw error
        }
    }

    override fun start(sourceIds: IntArray, beamWidth: Int) = alone {
        checkIds("sourceIds", sourceIds, sourceSize)
        require(beamWidth in beamWidths) {
            "The file holds beam widths $beamWidths. Received: $beamWidth. Export with `--beam-width $beamWidth`."
        }
        val bucket = requireNotNull(starts.ceilingEntry(sourceIds.size)) {
            "The file takes sources of at most ${starts.lastKey()} tokens. Received: ${sourceIds.size}."
        }
        current = null // what fails leaves nothing to go on with
        val start = bucket.value
        val isKept = keepsEncoded && !isStateful && encoded === start && start.holds(sourceIds)
        encoded = null
        if (!isKept) running { start.encode(sourceIds) }
        encoded = start
        val step = steps.getValue(bucket.key).getValue(beamWidth)
        if (!isStateful) step.take(start.signature)
        shortlist?.let { step.takeCandidates(it.candidates(sourceIds)) }
        step.output.sourceLength = sourceIds.size
        current = step
    }

    override fun step(tokens: IntArray, parents: IntArray): StepOutput = alone {
        val step = started()
        require(tokens.size == step.rows && parents.size == step.rows) {
            "`tokens` and `parents` must have a row for each of ${step.rows} beams. " +
                "Received: ${tokens.size} and ${parents.size}."
        }
        checkIds("tokens", tokens, targetSize)
        checkIds("parents", parents, step.rows)
        val largest = running { step.run(tokens, parents) }
        if (largest >= targetSize) {
            throw ArtifactException(
                "$name: the graph answers with ids that are not in the vocabulary of $targetSize: the two are " +
                    "not of one model. Export it again.",
            )
        }
        step.output
    }

    override fun state(): FloatArray = alone { started().state() }

    override fun resume(state: FloatArray) = alone { started().resume(state) }

    /** Lets the interpreter go. A step under way in another thread ends first. */
    override fun close() {
        lock.lock()
        try {
            if (!isClosed) interpreter.close()
            isClosed = true
        } finally {
            lock.unlock()
        }
    }

    private fun started(): StepSignature =
        checkNotNull(current) { "A session must `start` with a source before its first step." }

    private fun mapSignatures(signatures: Map<*, *>, longest: Int) {
        val sources = lengths(signatures[if (isStateful) "start" else "encode"]) { it as? String }
        val byLength = lengths(signatures[if (isStateful) "step" else "decode_step"]) { it as? Map<*, *> }
        val widths = byLength.values.map { it.keys.toSet() }.distinct()
        if (sources.keys != byLength.keys || widths.size != 1 || widths[0].isEmpty()) {
            unfit("Every source length must have a step for every beam width.")
        }
        if (sources.keys.maxOrNull() != longest) unfit("The longest source length must be `max_source_length`.")
        for ((length, source) in sources) {
            val start = signature(source)
            val byWidth = TreeMap<Int, StepSignature>()
            for ((width, step) in lengths(byLength.getValue(length)) { it as? String }) {
                val found = signature(step)
                if (("parent" in found.inputs) != isStateful) {
                    unfit("A step must take `parent` in a stateful file, and nowhere else.")
                }
                misfit(start, found, length, width, shortlist?.size)?.let { unfit(it) }
                byWidth[width] = StepSignature(found, width)
            }
            starts[length] = SourceSignature(start, length)
            steps[length] = byWidth
        }
    }

    private fun <T : Any> lengths(described: Any?, kind: (Any?) -> T?): Map<Int, T> {
        val found = TreeMap<Int, T>()
        for ((length, value) in described as? Map<*, *> ?: emptyMap<Any, Any>()) {
            found[(length as? String)?.toIntOrNull() ?: 0] = kind(value) ?: unfit("`signatures` must hold names.")
        }
        if (found.isEmpty() || found.firstKey() < 1) unfit("`signatures` must hold lengths and widths.")
        return found
    }

    private fun signature(wanted: String): Signature =
        refusing { interpreter.signature(wanted) ?: error("there is no signature `$wanted`") }

    private fun unfit(problem: String): Nothing =
        throw ArtifactException("$name: the signatures of the graph do not fit model.json. $problem")

    /** Looks the last ids up, so that vocabularies of another model show before the first text. */
    private fun prove() {
        val width = beamWidths.first()
        start(intArrayOf(sourceSize - 1), width)
        step(IntArray(width) { targetSize - 1 }, IntArray(width) { it })
        current = null
    }

    private inline fun <T> refusing(open: () -> T): T = try {
        open()
    } catch (error: IllegalStateException) {
        throw ArtifactException("$name: the interpreter refuses the graph: ${error.message}", error)
    } catch (error: IllegalArgumentException) {
        throw ArtifactException("$name: the interpreter refuses the graph: ${error.message}", error)
    }

    private inline fun <T> running(run: () -> T): T = try {
        run()
    } catch (error: IllegalStateException) {
        throw ArtifactException("$name: the graph fails on ids of its vocabularies: ${error.message}", error)
    }

    private inline fun <T> alone(action: () -> T): T {
        check(lock.tryLock()) {
            "A session must be used by one thread at a time. Received: a call during another."
        }
        try {
            check(!isClosed) { "$name: the model is closed." }
            return action()
        } finally {
            lock.unlock()
        }
    }

    private fun checkIds(what: String, ids: IntArray, count: Int) {
        for (id in ids) require(id in 0 until count) { "`$what` must lie between 0 and ${count - 1}. Received: $id." }
    }
}

/** The signature that encodes sources of one length. */
private class SourceSignature(val signature: Signature, private val length: Int) {
    private val sourceIds = signature.inputs.getValue("source_ids").buffer.asIntBuffer()

    /** Whether these ids are the ones that were encoded. */
    fun holds(ids: IntArray): Boolean =
        ids.indices.all { sourceIds.get(it) == ids[it] } && (ids.size until length).all { sourceIds.get(it) == PAD_ID }

    fun encode(ids: IntArray) {
        for (i in 0 until length) sourceIds.put(i, if (i < ids.size) ids[i] else PAD_ID)
        signature.run()
    }
}
