"""From a file of sentence pairs to a tiny sequence-to-sequence model that runs on a phone.

`import s2s_keras` imports neither Keras nor TensorFlow; training starts at `s2s_keras.model` and
`s2s_keras.training`, the device side at `s2s_keras.runtime`.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
