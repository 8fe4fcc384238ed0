package org.s2skeras.demo

import android.app.Activity
import android.text.SpannableString
import android.text.Spanned
import android.text.style.BackgroundColorSpan
import android.view.ViewGroup
import android.widget.EditText
import android.widget.TextView
import org.s2skeras.demo.logic.LatestOnly
import org.s2skeras.demo.logic.Outcome
import org.s2skeras.demo.logic.Preview
import org.s2skeras.demo.logic.SpellCheck
import java.io.Closeable

/** Corrects what is typed, and lists the changes with their alternatives. */
class CorrectionPane(private val activity: Activity) : Closeable {
    private val application = DemoApplication.of(activity)
    private val typed = activity.findViewById<EditText>(R.id.typed)
    private val status = activity.findViewById<TextView>(R.id.correct_status)
    private val corrected = activity.findViewById<TextView>(R.id.corrected)
    private val changes = activity.findViewById<ViewGroup>(R.id.changes)
    private val texts = LatestOnly(poster(), ::preview, ::show)

    init {
        typed.onText { refresh() }
    }

    /** Asks for the corrections of what is in the field. */
    fun refresh() {
        if (!application.corrector.isLoaded) status.setText(R.string.loading)
        texts.ask(typed.text.toString())
    }

    override fun close() = texts.close()

    private fun preview(text: String, isCancelled: () -> Boolean): Preview {
        val aggressiveness = application.settings.aggressiveness
        return Preview(
            application.corrector.use {
                it.correct(SpellCheck.beginning(text), aggressiveness, isCancelled)
            },
        )
    }

    private fun show(text: String, outcome: Outcome<Preview>) {
        changes.removeAllViews()
        when (outcome) {
            is Outcome.Failed -> {
                status.showError(outcome.message)
                corrected.text = ""
            }
            is Outcome.Done -> {
                status.showPlain(took(activity, text, outcome.milliseconds))
                corrected.text = marked(outcome.answer)
                outcome.answer.lines.forEach(::addLine)
            }
        }
    }

    private fun marked(preview: Preview) = SpannableString(preview.text).apply {
        val color = activity.getColor(R.color.changed)
        for (place in preview.changed) {
            val span = BackgroundColorSpan(color)
            setSpan(span, place.first, place.last + 1, Spanned.SPAN_EXCLUSIVE_EXCLUSIVE)
        }
    }

    private fun addLine(line: Preview.Line) {
        val text = if (line.others.isEmpty()) {
            activity.getString(R.string.change, line.typed, line.corrected, line.percent)
        } else {
            val others = line.others.joinToString(", ")
            activity.getString(
                R.string.change_with_others, line.typed, line.corrected, line.percent, others,
            )
        }
        changes.addLine(text, R.string.keep, activity.getString(R.string.keep_spoken, line.typed)) {
            keep(line.typed)
        }
    }

    private fun keep(word: String) {
        application.words.run({ application.ownWords.learn(word) }) { outcome ->
            if (activity.isDestroyed) return@run
            if (outcome is Outcome.Failed) status.showError(outcome.message) else refresh()
        }
    }
}
