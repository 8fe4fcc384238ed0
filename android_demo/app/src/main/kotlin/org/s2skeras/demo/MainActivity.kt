package org.s2skeras.demo

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.view.Menu
import android.view.MenuItem
import android.view.View
import android.widget.EditText
import android.widget.RadioGroup

/**
 * Two tabs: text that is corrected, and text that is translated, while it is typed.
 *
 * An intent's `EXTRA_TEXT` is what stands there at first; verify.sh uses it.
 */
class MainActivity : Activity() {
    private lateinit var correction: CorrectionPane
    private lateinit var translation: TranslationPane

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.main)
        correction = CorrectionPane(this)
        translation = TranslationPane(this)
        if (savedInstanceState == null) {
            val text = intent.getCharSequenceExtra(Intent.EXTRA_TEXT) ?: ""
            findViewById<EditText>(R.id.typed).setText(text)
            findViewById<EditText>(R.id.source).setText(text)
        }
        findViewById<RadioGroup>(R.id.tabs).setOnCheckedChangeListener { _, tab -> show(tab) }
    }

    // Views have their texts back by now, also in a new process.
    override fun onPostCreate(savedInstanceState: Bundle?) {
        super.onPostCreate(savedInstanceState)
        show(findViewById<RadioGroup>(R.id.tabs).checkedRadioButtonId)
    }

    // Settings may have changed meanwhile.
    override fun onResume() {
        super.onResume()
        correction.refresh()
        translation.refresh()
    }

    override fun onDestroy() {
        correction.close()
        translation.close()
        super.onDestroy()
    }

    override fun onCreateOptionsMenu(menu: Menu): Boolean {
        menuInflater.inflate(R.menu.main, menu)
        return true
    }

    override fun onOptionsItemSelected(item: MenuItem): Boolean {
        if (item.itemId != R.id.settings) return super.onOptionsItemSelected(item)
        startActivity(Intent(this, SettingsActivity::class.java))
        return true
    }

    private fun show(tab: Int) {
        val translates = tab == R.id.tab_translate
        findViewById<View>(R.id.pane_correct).visibility = if (translates) View.GONE else View.VISIBLE
        findViewById<View>(R.id.pane_translate).visibility = if (translates) View.VISIBLE else View.GONE
    }
}
