package org.s2skeras.demo

import android.content.Context
import java.io.FileInputStream
import java.nio.MappedByteBuffer
import java.nio.channels.FileChannel

/**
 * Maps a file of the assets into memory; it must lie uncompressed in the APK.
 *
 * @throws java.io.IOException there is none of that name, or it is compressed.
 */
fun Context.mapAsset(name: String): MappedByteBuffer =
    assets.openFd(name).use { asset ->
        FileInputStream(asset.fileDescriptor).use { file ->
            file.channel.map(FileChannel.MapMode.READ_ONLY, asset.startOffset, asset.declaredLength)
        }
    }
