"""One file runs on every TFLite runtime that can be had, and answers are compared.

Each module here that holds a class `Interpreter` puts one runtime's own API into the form that
`TFLiteSession` takes. `answers.py` runs in the Python of each environment and imports neither
Keras nor pytest.
"""
