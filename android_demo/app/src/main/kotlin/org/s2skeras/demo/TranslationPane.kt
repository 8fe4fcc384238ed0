package org.s2skeras.demo

import android.app.Activity
import android.view.ViewGroup
import android.widget.EditText
import android.widget.TextView
import org.s2skeras.core.decoding.Prediction
import org.s2skeras.demo.logic.LatestOnly
import org.s2skeras.demo.logic.Outcome
import org.s2skeras.demo.logic.SpellCheck
import org.s2skeras.demo.logic.alignments
import java.io.Closeable

/** Translates what is typed, and shows for each sentence what came from where. */
class TranslationPane(private val activity: Activity) : Closeable {
    private val application = DemoApplication.of(activity)
    private val source = activity.findViewById<EditText>(R.id.source)
    private val status = activity.findViewById<TextView>(R.id.translate_status)
    private val translation = activity.findViewById<TextView>(R.id.translation)
    private val grids = activity.findViewById<ViewGroup>(R.id.alignments)
    private val texts = LatestOnly(poster(), ::translated, ::show)

    init {
        source.onText { refresh() }
    }

    /** Asks for the translation of what is in the field. */
    fun refresh() {
        // Nothing is loaded for a tab that nobody has used.
        if (source.text.isBlank()) return clear()
        if (!application.translator.isLoaded) status.setText(R.string.loading)
        texts.ask(source.text.toString())
    }

    override fun close() = texts.close()

    private fun translated(text: String, isCancelled: () -> Boolean): Prediction =
        application.translator.use { it.predict(SpellCheck.beginning(text), isCancelled).first() }

    private fun show(text: String, outcome: Outcome<Prediction>) {
        if (source.text.isBlank()) return clear()
        grids.removeAllViews()
        when (outcome) {
            is Outcome.Failed -> {
                status.showError(outcome.message)
                translation.text = ""
            }
            is Outcome.Done -> {
                val answer = outcome.answer
                val format = if (answer.isComplete) R.string.took else R.string.took_unfinished
                status.showPlain(took(activity, text, outcome.milliseconds, format))
                translation.text = answer.text
                for (grid in alignments(answer).take(MAX_ALIGNMENTS)) {
                    grids.addView(AlignmentView(activity, grid))
                }
            }
        }
    }

    private fun clear() {
        grids.removeAllViews()
        translation.text = ""
        status.text = ""
    }

    private companion object {
        /** Of a long text only the first sentences are drawn. */
        const val MAX_ALIGNMENTS = 8
    }
}
