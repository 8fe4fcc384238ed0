package org.s2skeras.demo

import android.app.Application
import android.content.Context
import org.s2skeras.core.runtime.Artifact
import org.s2skeras.core.runtime.Corrector
import org.s2skeras.core.runtime.InterpreterFactory
import org.s2skeras.core.runtime.Translator
import org.s2skeras.demo.logic.InOrder
import org.s2skeras.demo.logic.ModelHolder
import org.s2skeras.demo.logic.OwnWords
import java.io.File

/** Holds what screens and service share: the models, a person's words and the settings. */
open class DemoApplication : Application() {
    /** What runs the models. */
    protected open val interpreters = InterpreterFactory { LiteInterpreter(it) }

    val settings by lazy { Settings(this) }

    /** A person's own words; read and changed on the thread of [words]. */
    val ownWords by lazy { OwnWords(File(filesDir, "personal_words.txt"), ::logLine) { corrector } }
    val words by lazy { InOrder(poster()) }

    val corrector: ModelHolder<Corrector> = ModelHolder {
        Corrector(artifact(CORRECTOR), interpreters, personalWords = ownWords.forCorrector())
    }

    val translator: ModelHolder<Translator> = ModelHolder {
        Translator(artifact(TRANSLATOR), interpreters)
    }

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        if (level >= RELEASE_FROM) {
            corrector.release()
            translator.release()
        }
    }

    private fun artifact(name: String): Artifact = Artifact.read(mapAsset(name), name)

    companion object {
        /** Files in assets, and the language that is corrected. */
        const val CORRECTOR = "en.tflite"
        const val CORRECTOR_LANGUAGE = "en"
        const val TRANSLATOR = "en-fr.tflite"

        /** No screen of ours is seen, or memory is short. A model is back within the next request. */
        private const val RELEASE_FROM = TRIM_MEMORY_UI_HIDDEN

        fun of(context: Context): DemoApplication = context.applicationContext as DemoApplication
    }
}
