package org.s2skeras.core.decoding

/** What divides a hypothesis's log-probability: T^alpha, or ((5 + T) / 6)^alpha. */
enum class LengthPenalty { POWER, GNMT }

/**
 * How to decode; checked when made; `decoding/settings.py`, with the same names and ranges.
 *
 * @property beamWidth K, hypotheses kept a source, 1 to 200; 1 is greedy search.
 * @property lengthPenaltyAlpha a hypothesis of T tokens scores log p / T^alpha; 0 to 5.
 * @property maxOutputLength tokens after which decoding stops without `eos`, 1 to 10,000.
 * @property maxSourceLength S, the longest source in tokens, or `null` for any.
 * @property nBest hypotheses returned a source, 1 to [beamWidth].
 * @property allowUnknown decodes characters never seen in training as `<unk>` instead of refusing.
 * @property coveragePenaltyBeta weight of the coverage penalty; at least 0, and 0 is none.
 * @property minOutputLength tokens before `eos`, 0 to [maxOutputLength] - 1.
 * @property replaceUnknown replaces each `<unk>` of an output by the source token most looked at.
 * @property timeLimitMs milliseconds after which a search stops with the best so far, or `null`.
 * @property splitLongSources decodes a source that is too long in pieces, instead of refusing it.
 * @property splitSentences decodes each sentence of a text by itself.
 * @throws IllegalArgumentException a value lies outside its range.
 */
data class DecodingSettings(
    val beamWidth: Int = 4,
    val lengthPenaltyAlpha: Double = 1.0,
    val maxOutputLength: Int = 64,
    val maxSourceLength: Int? = null,
    val nBest: Int = 1,
    val allowUnknown: Boolean = false,
    val lengthPenalty: LengthPenalty = LengthPenalty.POWER,
    val coveragePenaltyBeta: Double = 0.0,
    val minOutputLength: Int = 0,
    val replaceUnknown: Boolean = false,
    val timeLimitMs: Double? = null,
    val splitLongSources: Boolean = false,
    val splitSentences: Boolean = false,
) {
    init {
        require(beamWidth in 1..200) { "`beamWidth` must be an integer from 1 to 200. Received: $beamWidth." }
        require(lengthPenaltyAlpha in 0.0..5.0) {
            "`lengthPenaltyAlpha` must be a number between 0 and 5. Received: $lengthPenaltyAlpha."
        }
        require(maxOutputLength in 1..10_000) {
            "`maxOutputLength` must be a positive integer, at most 10000. Received: $maxOutputLength."
        }
        require(maxSourceLength == null || maxSourceLength > 0) {
            "`maxSourceLength` must be a positive integer. Received: $maxSourceLength."
        }
        require(nBest in 1..beamWidth) { "`nBest` must lie between 1 and `beamWidth`. Received: $nBest." }
        require(coveragePenaltyBeta >= 0 && !coveragePenaltyBeta.isInfinite()) {
            "`coveragePenaltyBeta` must be a number of at least 0. Received: $coveragePenaltyBeta."
        }
        require(minOutputLength in 0 until maxOutputLength) {
            "`minOutputLength` must be less than `maxOutputLength`. Received: $minOutputLength."
        }
        require(timeLimitMs == null || timeLimitMs > 0) { "`timeLimitMs` must be positive. Received: $timeLimitMs." }
    }

    /** Whether a model without attention cannot be decoded so. */
    val needsAttention: Boolean get() = coveragePenaltyBeta > 0 || replaceUnknown

    companion object {
        /**
         * Builds the settings that a `model.json` holds among other keys.
         *
         * @throws IllegalArgumentException a value lies outside its range.
         */
        fun fromMetadata(metadata: Map<String, Any?>): DecodingSettings {
            val default = DecodingSettings()
            fun <T> read(name: String, value: T, kind: (Any?) -> T?): T {
                if (name !in metadata) return value
                return requireNotNull(kind(metadata[name])) { "`$name` is of a wrong type. Received: ${metadata[name]}." }
            }
            fun count(name: String, value: Int) = read(name, value) { found ->
                (found as? Long)?.takeIf { it in 0..Int.MAX_VALUE }?.toInt()
            }
            fun number(name: String, value: Double) = read(name, value) { (it as? Number)?.toDouble() }
            fun flag(name: String, value: Boolean) = read(name, value) { it as? Boolean }
            val penalty = read("length_penalty", default.lengthPenalty) { found ->
                LengthPenalty.values().find { it.name.lowercase(java.util.Locale.ROOT) == found }
            }
            return DecodingSettings(
                beamWidth = count("beam_width", default.beamWidth),
                lengthPenaltyAlpha = number("length_penalty_alpha", default.lengthPenaltyAlpha),
                maxOutputLength = count("max_output_length", default.maxOutputLength),
                maxSourceLength = if (metadata["max_source_length"] == null) null else count("max_source_length", 0),
                allowUnknown = flag("allow_unknown", default.allowUnknown),
                lengthPenalty = penalty,
                coveragePenaltyBeta = number("coverage_penalty_beta", default.coveragePenaltyBeta),
                minOutputLength = count("min_output_length", default.minOutputLength),
                replaceUnknown = flag("replace_unknown", default.replaceUnknown),
            )
        }
    }
}
