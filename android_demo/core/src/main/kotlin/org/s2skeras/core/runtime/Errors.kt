package org.s2skeras.core.runtime

/** A model file that cannot be used; the message names the file, what is wrong and the remedy. */
class ArtifactException(message: String, cause: Throwable? = null) : Exception(message, cause)

/** A text that a model does not take. */
class InputException(message: String) : Exception(message)

/** A file of a person's that cannot be read. */
class DataException(message: String) : Exception(message)
