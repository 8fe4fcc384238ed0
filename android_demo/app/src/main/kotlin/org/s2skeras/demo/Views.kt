package org.s2skeras.demo

import android.content.Context
import android.os.Handler
import android.os.Looper
import android.text.Editable
import android.text.TextWatcher
import android.view.LayoutInflater
import android.view.ViewGroup
import android.widget.Button
import android.widget.EditText
import android.widget.TextView
import org.s2skeras.demo.logic.SpellCheck

/** Returns what hands answers to the main thread. */
fun poster(): (() -> Unit) -> Unit {
    val main = Handler(Looper.getMainLooper())
    return { action -> main.post(action) }
}

/** Calls `changed` after each change of the text. */
fun EditText.onText(changed: () -> Unit) = addTextChangedListener(object : TextWatcher {
    override fun beforeTextChanged(text: CharSequence, start: Int, count: Int, after: Int) = Unit

    override fun onTextChanged(text: CharSequence, start: Int, before: Int, count: Int) = Unit

    override fun afterTextChanged(text: Editable) = changed()
})

/** Adds a line with a button, of which TalkBack says `spoken`. */
fun ViewGroup.addLine(text: String, action: Int, spoken: String, act: () -> Unit) {
    val line = LayoutInflater.from(context).inflate(R.layout.line, this, false)
    line.findViewById<TextView>(R.id.line).text = text
    line.findViewById<Button>(R.id.act).apply {
        setText(action)
        contentDescription = spoken
        setOnClickListener { act() }
    }
    addView(line)
}

/** Says what is wrong. */
fun TextView.showError(message: String) {
    setTextColor(context.getColor(R.color.error))
    text = message
}

/** Says what is not wrong. */
fun TextView.showPlain(message: String) {
    setTextColor(context.getColor(R.color.label))
    text = message
}

/** Says how long a text took, and whether it was too long. */
fun took(
    context: Context,
    text: String,
    milliseconds: Double,
    format: Int = R.string.took,
): String {
    val time = context.getString(format, milliseconds)
    val length = SpellCheck.beginning(text).length
    return if (length == text.length) time else context.getString(R.string.cut, length, time)
}
