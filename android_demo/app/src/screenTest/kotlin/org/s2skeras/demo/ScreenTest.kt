package org.s2skeras.demo

import android.app.Activity
import android.content.Intent
import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.RadioButton
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import org.s2skeras.core.runtime.Artifact
import org.s2skeras.core.runtime.InterpreterFactory
import org.s2skeras.desktop.DesktopInterpreter
import java.io.File

/** The app, with its models on the desktop's interpreter. */
class DesktopApplication : DemoApplication() {
    override val interpreters = InterpreterFactory { artifact ->
        DesktopInterpreter(Artifact.read(File(System.getProperty("models"), artifact.name)))
    }
}

/** The app whose models cannot be run. */
class BrokenApplication : DemoApplication() {
    override val interpreters = InterpreterFactory { error("The graph\nis refused.") }
}

/** The screens as a person uses them, on Android's own framework. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [35], application = DesktopApplication::class, qualifiers = "w411dp-h891dp-xhdpi")
class ScreenTest {
    private val intent = Intent(RuntimeEnvironment.getApplication(), MainActivity::class.java)
        .putExtra(Intent.EXTRA_TEXT, "I recieve teh letter tommorow. The cat is black.")

    private fun until(what: () -> Boolean) {
        val end = System.nanoTime() + 60_000_000_000
        do {
            shadowOf(Looper.getMainLooper()).idle()
            if (what()) return
            Thread.sleep(10)
        } while (System.nanoTime() < end)
        error("It has not happened within a minute.")
    }

    private fun Activity.text(id: Int) = findViewById<TextView>(id).text.toString()

    private fun Activity.draw(name: String) {
        val view = window.decorView
        val bitmap = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
        view.draw(Canvas(bitmap))
        File(System.getProperty("screens"), "$name.png").outputStream().use {
            assertTrue(bitmap.compress(Bitmap.CompressFormat.PNG, 100, it))
        }
    }

    private fun screens(theme: String) {
        val main = Robolectric.buildActivity(MainActivity::class.java, intent).setup().get()
        until { main.text(R.id.corrected).isNotEmpty() }
        assertEquals("I receive the letter tomorrow. The cat is black.", main.text(R.id.corrected))
        assertEquals(3, main.findViewById<ViewGroup>(R.id.changes).childCount)
        main.draw("$theme-correct")

        main.findViewById<EditText>(R.id.source).setText("The cat is black.")
        main.findViewById<RadioButton>(R.id.tab_translate).performClick()
        until { main.text(R.id.translation) == "Le chat est noir." }
        val grid = main.findViewById<ViewGroup>(R.id.alignments).getChildAt(0)
        assertTrue("chat: cat" in grid.contentDescription)
        main.draw("$theme-translate")

        val settings = Robolectric.buildActivity(SettingsActivity::class.java).setup().get()
        settings.findViewById<EditText>(R.id.word).setText("Z\u00FCrich")
        settings.findViewById<View>(R.id.add).performClick()
        until { settings.findViewById<ViewGroup>(R.id.words).childCount == 1 }
        settings.draw("$theme-settings")
    }

    @Test
    fun light() = screens("light")

    @Test
    @Config(qualifiers = "+night")
    fun dark() = screens("dark")

    @Test
    @GraphicsMode(GraphicsMode.Mode.LEGACY) // draws nothing, but knows the old framework
    @Config(sdk = [24])
    fun `the oldest framework will do`() {
        val main = Robolectric.buildActivity(MainActivity::class.java, intent).setup().get()
        until { main.text(R.id.corrected).startsWith("I receive the letter tomorrow.") }
        assertEquals(3, main.findViewById<ViewGroup>(R.id.changes).childCount)
        main.findViewById<RadioButton>(R.id.tab_translate).performClick()
        main.findViewById<EditText>(R.id.source).setText("The cat is black.")
        until { main.text(R.id.translation) == "Le chat est noir." }
        Robolectric.buildActivity(SettingsActivity::class.java).setup()
    }

    @Test
    fun `a text and its tab outlive a rotation while the model is read`() {
        val controller = Robolectric.buildActivity(MainActivity::class.java, intent).setup()
        controller.get().findViewById<RadioButton>(R.id.tab_translate).performClick()
        controller.recreate()
        val main = controller.get()
        until { main.text(R.id.corrected).startsWith("I receive") }
        assertEquals(View.VISIBLE, main.findViewById<View>(R.id.pane_translate).visibility)
        assertEquals(View.GONE, main.findViewById<View>(R.id.pane_correct).visibility)
    }

    @Test
    fun `models are let go when no screen is seen`() {
        val main = Robolectric.buildActivity(MainActivity::class.java, intent).setup().get()
        until { main.text(R.id.corrected).isNotEmpty() }
        val application = DemoApplication.of(main)
        assertTrue(application.corrector.isLoaded)
        application.onTrimMemory(android.content.ComponentCallbacks2.TRIM_MEMORY_UI_HIDDEN)
        assertFalse(application.corrector.isLoaded)
    }

    @Test
    @Config(application = BrokenApplication::class)
    fun `a screen says what is wrong`() {
        val main = Robolectric.buildActivity(MainActivity::class.java, intent).setup().get()
        until { "refused" in main.text(R.id.correct_status) }
        assertEquals("", main.text(R.id.corrected))
        main.draw("broken")
    }
}
