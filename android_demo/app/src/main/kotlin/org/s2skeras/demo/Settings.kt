package org.s2skeras.demo

import android.content.Context

/** What a person has set; kept by the system, and read by screens and service alike. */
class Settings(context: Context) {
    private val preferences = context.getSharedPreferences("settings", Context.MODE_PRIVATE)

    /** How readily words are changed, in percent, 0 to 100. */
    var aggressivenessPercent: Int
        get() = preferences.getInt(AGGRESSIVENESS, DEFAULT_PERCENT).coerceIn(0, MAX_PERCENT)
        set(value) = preferences.edit().putInt(AGGRESSIVENESS, value.coerceIn(0, MAX_PERCENT)).apply()

    /** The same as the corrector takes it, 0 to 1. */
    val aggressiveness: Double get() = aggressivenessPercent.toDouble() / MAX_PERCENT

    companion object {
        const val MAX_PERCENT = 100
        private const val DEFAULT_PERCENT = 50
        private const val AGGRESSIVENESS = "aggressiveness_percent"
    }
}
