package org.s2skeras.desktop

import com.sun.jna.Native

/**
 * TensorFlow Lite's C library, `tensorflow/lite/core/c/c_api.h`; pointers are numbers, so that calls
 * allocate nothing. The system property `tflite.library` says where it is.
 */
internal object TfLite {
    init {
        val path = System.getProperty("tflite.library") ?: error("Set -Dtflite.library to libtensorflowlite_c.so.")
        Native.register(TfLite::class.java, path)
    }

    @JvmStatic external fun TfLiteModelCreateFromFile(path: String): Long
    @JvmStatic external fun TfLiteModelDelete(model: Long)
    @JvmStatic external fun TfLiteInterpreterOptionsCreate(): Long
    @JvmStatic external fun TfLiteInterpreterOptionsSetNumThreads(options: Long, threads: Int)
    @JvmStatic external fun TfLiteInterpreterOptionsDelete(options: Long)
    @JvmStatic external fun TfLiteInterpreterCreate(model: Long, options: Long): Long
    @JvmStatic external fun TfLiteInterpreterDelete(interpreter: Long)
    @JvmStatic external fun TfLiteInterpreterAllocateTensors(interpreter: Long): Int
    @JvmStatic external fun TfLiteInterpreterGetSignatureRunner(interpreter: Long, name: String): Long
    @JvmStatic external fun TfLiteSignatureRunnerDelete(runner: Long)
    @JvmStatic external fun TfLiteSignatureRunnerAllocateTensors(runner: Long): Int
    @JvmStatic external fun TfLiteSignatureRunnerInvoke(runner: Long): Int
    @JvmStatic external fun TfLiteSignatureRunnerGetInputCount(runner: Long): Long
    @JvmStatic external fun TfLiteSignatureRunnerGetInputName(runner: Long, index: Int): String
    @JvmStatic external fun TfLiteSignatureRunnerGetInputTensor(runner: Long, name: String): Long
    @JvmStatic external fun TfLiteSignatureRunnerGetOutputCount(runner: Long): Long
    @JvmStatic external fun TfLiteSignatureRunnerGetOutputName(runner: Long, index: Int): String
    @JvmStatic external fun TfLiteSignatureRunnerGetOutputTensor(runner: Long, name: String): Long
    @JvmStatic external fun TfLiteTensorType(tensor: Long): Int
    @JvmStatic external fun TfLiteTensorNumDims(tensor: Long): Int
    @JvmStatic external fun TfLiteTensorDim(tensor: Long, axis: Int): Int
    @JvmStatic external fun TfLiteTensorCopyFromBuffer(tensor: Long, address: Long, bytes: Long): Int
    @JvmStatic external fun TfLiteTensorCopyToBuffer(tensor: Long, address: Long, bytes: Long): Int
}
