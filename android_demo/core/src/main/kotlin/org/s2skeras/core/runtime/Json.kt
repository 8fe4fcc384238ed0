package org.s2skeras.core.runtime

/**
 * Reads JSON text: objects as maps, arrays as lists, whole numbers as `Long`, others as `Double`.
 *
 * Android has a reader of its own, which takes what is no JSON and which a desktop lacks.
 *
 * @throws IllegalArgumentException the text is no JSON, or is nested deeper than [MAX_DEPTH].
 */
internal fun parseJson(text: String): Any? = JsonReader(text).document()

private const val MAX_DEPTH = 100
private val NUMBER = Regex("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")
private const val NUMBER_CHARACTERS = "+-.0123456789eE"

private class JsonReader(private val text: String) {
    private var place = 0
    private var depth = 0

    fun document(): Any? {
        val value = value()
        if (next() != null) fail("the end")
        return value
    }

    private fun value(): Any? = when (next()) {
        '{' -> nested(::members)
        '[' -> nested(::elements)
        '"' -> string()
        't' -> word("true", true)
        'f' -> word("false", false)
        'n' -> word("null", null)
        else -> number()
    }

    private fun <T> nested(read: () -> T): T {
        if (++depth > MAX_DEPTH) fail("less than $MAX_DEPTH lists and objects in one another")
        place++
        return read().also { depth-- }
    }

    private fun members(): Map<String, Any?> {
        val members = LinkedHashMap<String, Any?>()
        if (taken('}')) return members
        do {
            if (next() != '"') fail("a name")
            val name = string()
            if (!taken(':')) fail("a colon")
            members[name] = value()
        } while (taken(','))
        if (!taken('}')) fail("a comma or a closing brace")
        return members
    }

    private fun elements(): List<Any?> {
        val elements = ArrayList<Any?>()
        if (taken(']')) return elements
        do elements.add(value()) while (taken(','))
        if (!taken(']')) fail("a comma or a closing bracket")
        return elements
    }

    private fun string(): String {
        var end = ++place
        while (end < text.length && text[end] != '"' && text[end] != '\\' && text[end] >= ' ') end++
        if (end < text.length && text[end] == '"') return text.substring(place, end).also { place = end + 1 }
        val found = StringBuilder()
        while (true) {
            val character = text.getOrNull(place++) ?: fail("a closing quotation mark")
            when {
                character == '"' -> return found.toString()
                character == '\\' -> found.append(escaped())
                character < ' ' -> fail("no control character")
                else -> found.append(character)
            }
        }
    }

    private fun escaped(): Char = when (val character = text.getOrNull(place++)) {
        '"', '\\', '/' -> character
        'b' -> '\b'
        'f' -> '\u000c'
        'n' -> '\n'
        'r' -> '\r'
        't' -> '\t'
        'u' -> {
            val digits = if (place + 4 <= text.length) text.substring(place, place + 4) else ""
            if (digits.length < 4 || digits.any { Character.digit(it, 16) < 0 || it >= '\u0080' }) fail("four digits")
            place += 4
            digits.toInt(16).toChar()
        }
        else -> fail("an escape")
    }

    private fun number(): Any {
        var end = place
        while (end < text.length && text[end] in NUMBER_CHARACTERS) end++
        val match = NUMBER.matchEntire(text.substring(place, end)) ?: fail("a value")
        place = end
        val isWhole = match.groupValues[2].isEmpty() && match.groupValues[3].isEmpty()
        return (if (isWhole) match.value.toLongOrNull() else null) ?: match.value.toDouble()
    }

    private fun <T> word(word: String, value: T): T {
        if (!text.startsWith(word, place)) fail("a value")
        place += word.length
        return value
    }

    private fun taken(character: Char): Boolean = (next() == character).also { if (it) place++ }

    private fun next(): Char? {
        while (place < text.length && text[place] in " \t\n\r") place++
        return text.getOrNull(place)
    }

    private fun fail(expected: String): Nothing =
        throw IllegalArgumentException("Expected $expected at character $place.")
}
