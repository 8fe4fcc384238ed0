package org.s2skeras.core.runtime

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.CRC32
import java.util.zip.DataFormatException
import java.util.zip.Inflater

/**
 * The members of a ZIP that stands behind something else, read from memory.
 *
 * `java.util.zip.ZipFile` reads paths alone, and a model among an app's assets has none.
 *
 * @param content of the whole file.
 * @throws IllegalArgumentException it does not end with a small ZIP directory.
 */
internal class ZipMembers(content: ByteBuffer) {
    private val content: ByteBuffer = content.duplicate().order(ByteOrder.LITTLE_ENDIAN)
    private val entries = LinkedHashMap<String, Entry>()

    private class Entry(val method: Int, val crc: Long, val packed: Long, val size: Long, val start: Long)

    val names: Set<String> get() = entries.keys

    init {
        val end = this.content.limit() - END_BYTES
        require(end >= 0 && this.content.getInt(end) == END_MARK) { "the end of the ZIP directory is missing" }
        val count = short(end + 10)
        val size = int(end + 12)
        require(count <= MAX_MEMBERS && size <= MAX_DIRECTORY_BYTES) {
            "the ZIP directory has $count members in $size bytes; at most $MAX_MEMBERS in $MAX_DIRECTORY_BYTES are read"
        }
        val first = end - size
        val before = first - int(end + 16) // what stands before the ZIP and is not counted
        require(first >= 0 && before >= 0) { "the ZIP directory lies outside the file" }
        var place = first.toInt()
        repeat(count) {
            require(place + HEADER_BYTES <= end && this.content.getInt(place) == HEADER_MARK) {
                "the ZIP directory is damaged"
            }
            val nameBytes = short(place + 28)
            val next = place.toLong() + HEADER_BYTES + nameBytes + short(place + 30) + short(place + 32)
            require(next <= end) { "the ZIP directory is damaged" }
            val name = String(bytes(place + HEADER_BYTES, nameBytes), Charsets.UTF_8)
            require(name !in entries && name.trim('.').isNotEmpty() && name.none { it in "/\\:" }) {
                "the names of the metadata's members must be distinct, and without a folder"
            }
            require(short(place + 8) and ENCRYPTED == 0) { "$name is encrypted" }
            entries[name] = Entry(
                short(place + 10),
                int(place + 16),
                int(place + 20),
                int(place + 24),
                before + int(place + 42),
            )
            place = next.toInt()
        }
    }

    /**
     * Returns a member.
     *
     * @throws IllegalArgumentException it is larger than [most] bytes, or damaged.
     */
    fun read(name: String, most: Int): ByteArray {
        val entry = requireNotNull(entries[name]) { "there is no item named '$name'" }
        val larger = maxOf(entry.size, entry.packed)
        require(larger <= most) { "$name must hold at most $most bytes. Received: $larger" }
        val limit = content.limit().toLong()
        require(entry.start + LOCAL_BYTES <= limit && content.getInt(entry.start.toInt()) == LOCAL_MARK) {
            "$name is not where the ZIP directory says"
        }
        val start = entry.start + LOCAL_BYTES + short(entry.start.toInt() + 26) + short(entry.start.toInt() + 28)
        require(start + entry.packed <= limit) { "$name is truncated" }
        val packed = bytes(start.toInt(), entry.packed.toInt())
        val unpacked = when (entry.method) {
            STORED -> packed
            DEFLATED -> inflated(name, packed, entry.size.toInt())
            else -> throw IllegalArgumentException("$name is compressed otherwise than by deflate")
        }
        val crc = CRC32().also { it.update(unpacked) }.value
        require(unpacked.size.toLong() == entry.size && crc == entry.crc) { "$name is damaged" }
        return unpacked
    }

    private fun inflated(name: String, packed: ByteArray, size: Int): ByteArray {
        val inflater = Inflater(true)
        try {
            inflater.setInput(packed)
            val unpacked = ByteArray(size)
            var done = 0
            while (done < size) {
                val count = inflater.inflate(unpacked, done, size - done)
                require(count > 0) { "$name is damaged" }
                done += count
            }
            return unpacked
        } catch (error: DataFormatException) {
            throw IllegalArgumentException("$name is damaged", error)
        } finally {
            inflater.end()
        }
    }

    private fun short(place: Int): Int = content.getShort(place).toInt() and 0xffff

    private fun int(place: Int): Long = content.getInt(place).toLong() and 0xffffffffL

    private fun bytes(place: Int, count: Int): ByteArray {
        val bytes = ByteArray(count)
        val view = content.duplicate()
        view.position(place)
        view.get(bytes)
        return bytes
    }

    private companion object {
        const val END_MARK = 0x06054b50
        const val HEADER_MARK = 0x02014b50
        const val LOCAL_MARK = 0x04034b50
        const val END_BYTES = 22
        const val HEADER_BYTES = 46
        const val LOCAL_BYTES = 30
        const val ENCRYPTED = 1
        const val STORED = 0
        const val DEFLATED = 8
        const val MAX_MEMBERS = 64
        const val MAX_DIRECTORY_BYTES = 64 * 1024
    }
}
