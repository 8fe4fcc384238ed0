package org.s2skeras.core.decoding

/**
 * How readily words are changed; `decoding/correction.py`, with the same names and ranges.
 *
 * @property modelWeight a, what the model's log-probability of a word counts, at least 0.
 * @property frequencyWeight w, what its log frequency counts, likewise.
 * @property channelWeight v, what the log-probability counts with which people type what was typed.
 * @property knownMargin in nats, by how much a correction's score must exceed that of a typed word
 *     that is in the lexicon.
 * @property unknownMargin likewise of one that is not.
 * @property nameMargin in nats, by how much more where the typed word may be a name.
 * @property dialSpan in nats, by how much either end of the dial moves both margins, at least 0.
 * @property maxEdits the largest edit distance of a correction, at least 0.
 * @property nBest candidates that are looked for, at least 1.
 * @property leftTokens of the context before the word, at least 0.
 * @property rightTokens likewise behind it.
 * @throws IllegalArgumentException a value lies outside its range.
 */
data class CorrectionSettings(
    val modelWeight: Double = 0.3,
    val frequencyWeight: Double = 0.1,
    val channelWeight: Double = 0.6,
    val knownMargin: Double = 0.0,
    val unknownMargin: Double = 0.0,
    val nameMargin: Double = 3.0,
    val dialSpan: Double = 1.0,
    val maxEdits: Int = 2,
    val nBest: Int = 4,
    val leftTokens: Int = 32,
    val rightTokens: Int = 15,
) {
    init {
        val counts = mapOf("maxEdits" to maxEdits, "leftTokens" to leftTokens, "rightTokens" to rightTokens)
        counts.forEach { (name, value) -> require(value >= 0) { "`$name` must be at least 0. Received: $value." } }
        require(nBest >= 1) { "`nBest` must be at least 1. Received: $nBest." }
        val weights = listOf(modelWeight, frequencyWeight, channelWeight, dialSpan)
        require(weights.all { it >= 0 && !it.isInfinite() }) { "Weights must be finite and at least 0. Received: $this." }
        val margins = listOf(knownMargin, unknownMargin, nameMargin)
        require(margins.none { it.isNaN() || it.isInfinite() }) { "Margins must be finite. Received: $this." }
    }

    /**
     * Returns by how many nats a correction must win.
     *
     * @param aggressiveness how readily words are changed: 0.5 leaves the margin as it is, 1 lowers it
     *     by [dialSpan], 0 raises it by as much.
     * @throws IllegalArgumentException [aggressiveness] does not lie between 0 and 1.
     */
    fun margin(isKnown: Boolean, aggressiveness: Double = 0.5, isName: Boolean = false): Double {
        require(aggressiveness in 0.0..1.0) { "`aggressiveness` must lie between 0 and 1. Received: $aggressiveness." }
        val margin = (if (isKnown) knownMargin else unknownMargin) + if (isName) nameMargin else 0.0
        return margin + 2 * dialSpan * (0.5 - aggressiveness)
    }

    companion object {
        /**
         * Returns the settings that `model.json` holds under `correction`.
         *
         * @throws IllegalArgumentException there are none, or a value lies outside its range.
         */
        fun fromMetadata(document: Map<*, *>): CorrectionSettings {
            val described = document["correction"]
            require(described is Map<*, *>) { "`correction` must be an object." }
            val default = CorrectionSettings()
            fun number(name: String, value: Double): Double {
                if (name !in described) return value
                return requireNotNull((described[name] as? Number)?.toDouble()) { "`$name` must be a finite number." }
            }
            fun count(name: String, value: Int): Int {
                if (name !in described) return value
                val found = described[name] as? Long
                require(found != null && found in 0..Int.MAX_VALUE) { "`$name` must be a whole number." }
                return found.toInt()
            }
            return CorrectionSettings(
                modelWeight = number("model_weight", default.modelWeight),
                frequencyWeight = number("frequency_weight", default.frequencyWeight),
                channelWeight = number("channel_weight", default.channelWeight),
                knownMargin = number("known_margin", default.knownMargin),
                unknownMargin = number("unknown_margin", default.unknownMargin),
                nameMargin = number("name_margin", default.nameMargin),
                dialSpan = number("dial_span", default.dialSpan),
                maxEdits = count("max_edits", default.maxEdits),
                nBest = count("n_best", default.nBest),
                leftTokens = count("left_tokens", default.leftTokens),
                rightTokens = count("right_tokens", default.rightTokens),
            )
        }
    }
}
