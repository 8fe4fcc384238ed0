package org.s2skeras.desktop

import org.s2skeras.core.runtime.Artifact
import org.s2skeras.core.runtime.Corrector
import org.s2skeras.core.runtime.InterpreterFactory
import org.s2skeras.core.runtime.Translator
import org.s2skeras.core.runtime.parseJson
import java.io.File

/**
 * Times words and sentences, one line of JSON a line: `{"word", "left"}` is corrected, `{"text"}` is
 * translated. Prints the milliseconds of each, in order; the first time of all lines is not counted.
 */
fun main(arguments: Array<String>) {
    val (corrections, translations, file) = arguments
    val lines = File(file).readLines().map { parseJson(it) as Map<*, *> }
    val factory = InterpreterFactory { DesktopInterpreter(it) }
    Corrector(Artifact.read(File(corrections)), factory).use { warm ->
        Translator(Artifact.read(File(translations)), factory).use { translator ->
            run(lines, warm, translator)
            // Another corrector: the first has judged all of these words and would remember them.
            Corrector(Artifact.read(File(corrections)), factory).use { corrector ->
                run(lines, corrector, translator).forEach { println(it) }
            }
        }
    }
}

private fun run(lines: List<Map<*, *>>, corrector: Corrector, translator: Translator): List<Double> = lines.map {
    val start = System.nanoTime()
    if ("word" in it) corrector.correctWord(it["word"] as String, it["left"] as String) else translator.translate(it["text"] as String)
    (System.nanoTime() - start) / 1e6
}
