package org.s2skeras

import org.junit.jupiter.api.Assertions.assertEquals
import org.s2skeras.core.decoding.DecodingSettings
import org.s2skeras.core.decoding.LengthPenalty
import org.s2skeras.core.runtime.Artifact
import org.s2skeras.core.runtime.InterpreterFactory
import org.s2skeras.core.runtime.parseJson
import org.s2skeras.desktop.DesktopInterpreter
import java.io.File

/** What Python makes of many texts; [folder] is of `python -m tests.golden` and `tests/android/kinds_golden.py`. */
object Goldens {
    val folder = File(System.getProperty("goldens"))

    /** How many lines a file has at least; a slow machine is given fewer. */
    private val least = Integer.getInteger("goldens.least", 100)
    val desktop = InterpreterFactory { DesktopInterpreter(it) }

    /** Returns the lines of a file. */
    fun lines(name: String, atLeast: Int = least): List<Golden> {
        val file = File(folder, name)
        check(file.isFile) { "$file is missing: run `python -m tests.golden $folder --interpreter c_library`." }
        return file.readLines().map { Golden(parseJson(it) as Map<*, *>) }.also { check(it.size >= atLeast) }
    }

    /** Returns a shipped model. */
    fun model(name: String): Artifact = Artifact.read(File(System.getProperty("models"), name))
}

/** A line of a golden file. */
class Golden(val values: Map<*, *>) {
    fun text(name: String): String = values[name] as String

    fun number(name: String): Double = (values[name] as Number).toDouble()

    fun int(name: String): Int = (values[name] as Long).toInt()

    fun flag(name: String): Boolean = values[name] as Boolean

    fun ints(name: String): List<Int> = list(name).map { (it as Long).toInt() }

    fun list(name: String): List<*> = values[name] as List<*>

    fun strings(name: String): List<String> = list(name).map { it as String }

    /** The settings of a line; what it does not hold is as a translator has it. */
    fun settings(): DecodingSettings = Golden(values["settings"] as Map<*, *>).run {
        DecodingSettings(
            beamWidth = int("beam_width"),
            nBest = int("n_best"),
            lengthPenalty = LengthPenalty.valueOf(text("length_penalty").uppercase()),
            lengthPenaltyAlpha = number("length_penalty_alpha"),
            coveragePenaltyBeta = number("coverage_penalty_beta"),
            maxOutputLength = int("max_output_length"),
            minOutputLength = int("min_output_length"),
            allowUnknown = values["allow_unknown"] == true,
            replaceUnknown = values["replace_unknown"] == true,
            splitSentences = values["split_sentences"] == true,
            splitLongSources = values["split_long_sources"] != false,
            maxSourceLength = int("max_source_length"),
        )
    }

    fun nested(name: String): List<Golden> = list(name).map { Golden(it as Map<*, *>) }
}

/** Fails unless two numbers are the same to 1e-4. */
fun assertClose(expected: Any?, found: Double, message: String) =
    assertEquals((expected as Number).toDouble(), found, 1e-4, message)
