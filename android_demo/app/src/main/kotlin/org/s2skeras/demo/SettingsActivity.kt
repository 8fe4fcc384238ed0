package org.s2skeras.demo

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.os.Bundle
import android.provider.Settings.ACTION_INPUT_METHOD_SETTINGS
import android.view.ViewGroup
import android.view.inputmethod.EditorInfo
import android.widget.Button
import android.widget.EditText
import android.widget.SeekBar
import android.widget.TextView
import org.s2skeras.demo.logic.Outcome

/** How readily words are changed, and a person's own words. The system's settings open it, too. */
class SettingsActivity : Activity() {
    private val application by lazy { DemoApplication.of(this) }
    private val status by lazy { findViewById<TextView>(R.id.words_status) }
    private val words by lazy { findViewById<ViewGroup>(R.id.words) }
    private val word by lazy { findViewById<EditText>(R.id.word) }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.settings)
        actionBar?.setDisplayHomeAsUpEnabled(true)
        showAggressiveness()
        findViewById<Button>(R.id.add).setOnClickListener { add() }
        word.setOnEditorActionListener { _, action, _ ->
            (action == EditorInfo.IME_ACTION_DONE).also { if (it) add() }
        }
        findViewById<Button>(R.id.open_system_settings).setOnClickListener { openSystemSettings() }
        change { }
    }

    private fun showAggressiveness() {
        val label = findViewById<TextView>(R.id.aggressiveness_label)
        val settings = application.settings
        findViewById<SeekBar>(R.id.aggressiveness).apply {
            max = Settings.MAX_PERCENT
            progress = settings.aggressivenessPercent
            label.text = getString(R.string.aggressiveness, progress)
            setOnSeekBarChangeListener(object : SeekBar.OnSeekBarChangeListener {
                override fun onProgressChanged(bar: SeekBar, progress: Int, fromUser: Boolean) {
                    label.text = getString(R.string.aggressiveness, progress)
                    if (fromUser) settings.aggressivenessPercent = progress
                }

                override fun onStartTrackingTouch(bar: SeekBar) = Unit

                override fun onStopTrackingTouch(bar: SeekBar) = Unit
            })
        }
    }

    private fun add() {
        val added = word.text.toString().trim()
        if (added.isEmpty()) return
        change(succeeded = { word.text.clear() }) { application.ownWords.learn(added) }
    }

    /** Changes the words on their thread, and shows what they are then, or what is wrong. */
    private fun change(succeeded: () -> Unit = {}, action: () -> Unit) {
        val read = {
            action()
            application.ownWords.words()
        }
        application.words.run(read) { outcome ->
            if (isDestroyed) return@run
            when (outcome) {
                is Outcome.Failed -> status.showError(outcome.message)
                is Outcome.Done -> {
                    succeeded()
                    show(outcome.answer)
                }
            }
        }
    }

    private fun show(personal: List<String>) {
        status.showPlain(if (personal.isEmpty()) getString(R.string.no_words) else "")
        words.removeAllViews()
        for (text in personal) {
            words.addLine(text, R.string.remove, getString(R.string.remove_spoken, text)) {
                change { application.ownWords.forget(text) }
            }
        }
    }

    private fun openSystemSettings() {
        try {
            startActivity(Intent(ACTION_INPUT_METHOD_SETTINGS))
        } catch (error: ActivityNotFoundException) {
            status.showError(getString(R.string.choose_checker_how))
        }
    }
}
