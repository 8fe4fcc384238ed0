package org.s2skeras.core.runtime

import org.s2skeras.core.decoding.Deadline
import org.s2skeras.core.decoding.DecodingSettings
import org.s2skeras.core.decoding.Hypothesis
import org.s2skeras.core.decoding.Prediction
import org.s2skeras.core.decoding.Search
import org.s2skeras.core.decoding.bestChoices
import org.s2skeras.core.decoding.joinPredictions
import org.s2skeras.core.decoding.throwIfCancelled
import org.s2skeras.core.text.BOS_ID
import org.s2skeras.core.text.EOS_ID
import org.s2skeras.core.text.PAD_ID
import org.s2skeras.core.text.UNK_ID
import org.s2skeras.core.text.brief
import org.s2skeras.core.text.normalize
import org.s2skeras.core.text.pointCount
import org.s2skeras.core.text.splitSentences
import org.s2skeras.core.text.splitText
import org.s2skeras.core.text.stripped
import java.io.Closeable

/**
 * Decodes texts with a model file; `decoding/predictor.py`, `runtime/seq2seq_lite.py` and
 * `runtime/translator.py`. Any number of threads may use one.
 *
 * @param artifact a file of any task but words in their contexts.
 * @param factory what runs it.
 * @param settings how to decode; where not given, as the file says, in sentences and pieces. Sources
 *     are never longer than the file takes.
 * @throws ArtifactException the file does not fit, or corrects words: see [Corrector].
 */
class Translator(
    private val artifact: Artifact,
    factory: InterpreterFactory,
    settings: DecodingSettings? = null,
) : Closeable {
    private val source = artifact.sourceTokenizer
    private val target = artifact.targetTokenizer
    private val sessions: SessionPool

    /** How texts are decoded from now on. */
    @Volatile
    var settings: DecodingSettings
        private set

    init {
        val file = defaultSettings(artifact)
        if (artifact.lexicon != null) {
            throw ArtifactException("${artifact.name}: this model corrects words in their context: open it with `Corrector`.")
        }
        this.settings = within(file, settings ?: file.copy(splitLongSources = true, splitSentences = true))
        sessions = SessionPool(artifact, factory, keepsEncoded = false)
        if (file.beamWidth !in sessions.beamWidths + 1) {
            sessions.close()
            throw ArtifactException(
                "${artifact.name}: model.json says beam width ${file.beamWidth}, and the graph holds " +
                    "${sessions.beamWidths}. Export it again.",
            )
        }
    }

    /** Decodes otherwise from now on. Sources are never longer than the file takes. */
    fun use(settings: DecodingSettings) {
        this.settings = within(defaultSettings(artifact), settings)
    }

    /** Translates a text: the best output of [predict]. */
    fun translate(text: String): Prediction = predict(text).first()

    /**
     * Decodes a text, the n best, the best first.
     *
     * @param isCancelled asked before each step.
     * @throws InputException the text is empty or too long, or holds tokens never seen in training.
     * @throws java.util.concurrent.CancellationException it was cancelled.
     */
    fun predict(text: String, isCancelled: () -> Boolean = { false }): List<Prediction> {
        val settings = settings
        val pieces = pieces(text, settings)
        val sources = checked(pieces.ifEmpty { listOf(text) }, pieces.isNotEmpty(), settings)
        return sessions.borrowed { session ->
            if (pieces.isEmpty()) {
                outputs(sources[0], Search(session, sources[0].ids, settings).run(isCancelled), settings)
            } else {
                val deadline = Deadline(settings.timeLimitMs)
                val found = ArrayList<List<Prediction>>()
                for (piece in sources) {
                    if (found.isNotEmpty() && deadline.isOver()) break
                    val search = Search(session, piece.ids, left(settings, deadline))
                    found.add(outputs(piece, search.run(isCancelled), settings))
                }
                bestChoices(found, settings.nBest).map { joinPredictions(pieces, it, found.size < pieces.size) }
            }
        }
    }

    /**
     * Decodes a text, and calls with the best output so far after each token; the last is what
     * [predict] gives.
     *
     * In greedy search each output is the one before and one token more. In beam search it is that of
     * the best beam so far, and may begin otherwise than the one before.
     *
     * @throws InputException see [predict].
     * @throws java.util.concurrent.CancellationException it was cancelled.
     */
    fun stream(text: String, isCancelled: () -> Boolean = { false }, onOutput: (Prediction) -> Unit) {
        val settings = settings
        val pieces = pieces(text, settings)
        val sources = checked(pieces.ifEmpty { listOf(text) }, pieces.isNotEmpty(), settings)
        val deadline = Deadline(settings.timeLimitMs)
        val done = ArrayList<Prediction?>()
        sessions.borrowed { session ->
            for (piece in sources) {
                val search = Search(session, piece.ids, if (pieces.isEmpty()) settings else left(settings, deadline))
                var output: Prediction? = null
                do {
                    throwIfCancelled(isCancelled)
                    val goesOn = search.advance()
                    val best = search.standing().firstOrNull() ?: continue
                    output = prediction(piece, best, settings)
                    onOutput(if (pieces.isEmpty()) output else joinPredictions(pieces, done + output, false))
                } while (goesOn)
                done.add(output)
                if (done.size < sources.size && deadline.isOver()) {
                    onOutput(joinPredictions(pieces, done, true))
                    return@borrowed
                }
            }
        }
    }

    /** Lets the interpreters go; what is used afterwards throws an `IllegalStateException`. */
    override fun close() = sessions.close()

    private class Source(val text: String, val ids: IntArray)

    /** Returns the pieces that a text is to be decoded in, or nothing where it is not split. */
    private fun pieces(text: String, settings: DecodingSettings): List<String> {
        val limit = settings.maxSourceLength
        if (!settings.splitSentences && !(settings.splitLongSources && limit != null)) return emptyList()
        checkCharacters(text)
        var parts = if (settings.splitSentences) splitSentences(text) else listOf(text)
        if (limit != null) {
            parts = parts.flatMap { if (source.encode(it).size <= limit) listOf(it) else splitText(it, source, limit) }
        }
        val isBare = parts.size == 1 && (!settings.splitSentences || text == text.stripped())
        return if (isBare) emptyList() else parts
    }

    private fun checked(texts: List<String>, stripped: Boolean, settings: DecodingSettings): List<Source> =
        texts.map { text -> (if (stripped) text.stripped() else text).let { Source(it, check(it, settings)) } }

    private fun check(text: String, settings: DecodingSettings): IntArray {
        checkCharacters(text)
        val ids = source.encode(text)
        val limit = settings.maxSourceLength
        if (limit != null && ids.size > limit) {
            throw InputException("The text must hold at most $limit tokens. Received ${ids.size}: ${brief(text)}")
        }
        val unknown = if (settings.allowUnknown) emptyList() else source.unknown(text)
        if (unknown.isNotEmpty()) {
            val shown = unknown.take(5).joinToString(transform = source::describe)
            throw InputException("The text holds ${source.kind}s never seen in training: $shown.")
        }
        return ids
    }

    private fun outputs(source: Source, found: List<Hypothesis>, settings: DecodingSettings): List<Prediction> =
        found.map { prediction(source, it, settings) }

    private fun prediction(piece: Source, hypothesis: Hypothesis, settings: DecodingSettings): Prediction {
        val sourceTokens = source.pieces(piece.text)
        val ids = hypothesis.tokenIds
        val weights = hypothesis.attention
        val output = if (settings.replaceUnknown && weights != null) {
            replaced(ids, sourceTokens, weights)
        } else {
            target.decode(ids)
        }
        return Prediction(
            normalize(output),
            hypothesis.logProb,
            hypothesis.score,
            sourceTokens,
            ids.map { target.tokens[it] },
            weights,
            EOS_ID in ids,
            hypothesis.timedOut,
        )
    }

    /** Returns the text, each `<unk>` replaced by the source token most looked at. */
    private fun replaced(ids: IntArray, sourceTokens: List<String>, weights: List<FloatArray>): String {
        val kept = ids.indices.filter { ids[it] != PAD_ID && ids[it] != BOS_ID && ids[it] != EOS_ID }
        return target.join(
            kept.map { t ->
                if (ids[t] != UNK_ID) return@map target.tokens[ids[t]]
                sourceTokens[weights[t].indices.maxByOrNull { weights[t][it] } ?: 0]
            },
        )
    }

    private companion object {
        const val MAX_TEXT_CHARACTERS = 50_000

        fun checkCharacters(text: String) {
            if (text.stripped().isEmpty()) throw InputException("The text is empty.")
            if (text.length > MAX_TEXT_CHARACTERS && text.pointCount > MAX_TEXT_CHARACTERS) {
                throw InputException(
                    "The text must hold at most $MAX_TEXT_CHARACTERS characters. Received: ${text.pointCount}.",
                )
            }
        }

        fun within(limits: DecodingSettings, given: DecodingSettings): DecodingSettings =
            given.copy(maxSourceLength = listOfNotNull(given.maxSourceLength, limits.maxSourceLength).minOrNull())

        /** Returns the settings with what is left of the time limit. */
        fun left(settings: DecodingSettings, deadline: Deadline): DecodingSettings =
            deadline.leftMs()?.let { settings.copy(timeLimitMs = maxOf(it, 1e-3)) } ?: settings
    }
}
