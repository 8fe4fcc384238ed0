package org.s2skeras.demo

import android.service.textservice.SpellCheckerService
import android.view.textservice.SentenceSuggestionsInfo
import android.view.textservice.SuggestionsInfo
import android.view.textservice.TextInfo
import org.s2skeras.demo.logic.Misspelling
import org.s2skeras.demo.logic.SpellCheck

/** The system's spell checker, for every text field of the phone: see `SpellCheck` for what it says. */
class ModelSpellCheckerService : SpellCheckerService() {
    private val check by lazy {
        val application = DemoApplication.of(this)
        SpellCheck(
            correct = { text, isCancelled ->
                val aggressiveness = application.settings.aggressiveness
                application.corrector.use { it.correct(text, aggressiveness, isCancelled) }
            },
            log = ::logLine,
        )
    }

    override fun createSession(): Session = CheckSession(check)

    /** Of one client. The system calls it on a thread of its own, so it may take its time. */
    private class CheckSession(private val check: SpellCheck) : Session() {
        private var isServed = false

        @Volatile
        private var cancellations = 0

        override fun onCreate() {
            isServed = SpellCheck.serves(locale, DemoApplication.CORRECTOR_LANGUAGE)
        }

        override fun onCancel() {
            cancellations++
        }

        override fun onClose() = onCancel()

        override fun onGetSuggestions(textInfo: TextInfo, suggestionsLimit: Int): SuggestionsInfo {
            val found = found(textInfo, suggestionsLimit)
            val info = when {
                found == null -> SuggestionsInfo(0, emptyArray())
                found.isEmpty() -> SuggestionsInfo(SpellCheck.IN_THE_DICTIONARY, emptyArray())
                else -> info(found.first())
            }
            return info.apply { setCookieAndSequence(textInfo.cookie, textInfo.sequence) }
        }

        override fun onGetSentenceSuggestionsMultiple(
            textInfos: Array<TextInfo>,
            suggestionsLimit: Int,
        ): Array<SentenceSuggestionsInfo> = Array(textInfos.size) { index ->
            val textInfo = textInfos[index]
            val found = found(textInfo, suggestionsLimit).orEmpty()
            SentenceSuggestionsInfo(
                Array(found.size) {
                    info(found[it]).apply { setCookieAndSequence(textInfo.cookie, textInfo.sequence) }
                },
                IntArray(found.size) { found[it].offset },
                IntArray(found.size) { found[it].length },
            )
        }

        private fun found(textInfo: TextInfo, limit: Int): List<Misspelling>? {
            if (!isServed) return null
            val text = textInfo.charSequence?.toString() ?: textInfo.text.orEmpty()
            val before = cancellations
            return check.check(text, limit) { cancellations != before }
        }

        private fun info(misspelling: Misspelling) =
            SuggestionsInfo(misspelling.attributes, misspelling.suggestions.toTypedArray())
    }
}
