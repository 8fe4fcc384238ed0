package org.s2skeras.demo

import android.util.Log

/** Writes a warning of one line to the system's log. */
fun logLine(message: String) {
    Log.w("s2s-keras", message)
}
