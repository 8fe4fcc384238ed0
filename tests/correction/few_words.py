"""A recipe of a few words: its text, lexicon and misspellings."""

from pathlib import Path

from s2s_keras.text import find_words

TEXTS = [
    f"{opening}{subject} {rest}"
    for opening in ("", "Today ", "Again ")
    for subject in ("The cat", "The dog", "Their cat", "Their dog", "A cat", "A dog", "She", "They")
    for rest in (
        "sat on the mat.",
        "sat there again.",
        "was there again.",
        "went there with their dog.",
        "ran together with the cat!",
        "sat on their own mat.",
        "was there with a lot of milk.",
        "slept there.",
    )
]
MISSPELLINGS = "teh\tthe\nther\ttheir\nther\tthere\ntogther\ttogether\nwnet\twent\n"
RECIPE = """
name: few-words
task: correction
data:
  text: text.txt
  folder: {folder}
  tokenizer: subword
  lowercase: true
  max_vocabulary: 120
  max_source_length: 20
  max_target_length: 19
  dev_fraction: 0.1
  words:
    lexicon: lexicon.tsv
    misspellings: [misspellings.tsv]
    rates: {{misspelling: 0.05, omission: 0.05}}
    unfinished: 0.3
    model_weight: 0.5
    channel_weight: 0.3
    known_margin: 1.0
    unknown_margin: -1.0
    dial_span: 4.0
model:
  looks_ahead: true
  decoder: luong
  encoder_direction: backward
  bridge: zeros
  share_embeddings: true
  embedding_size: 24
  units: 48
  dropout: 0.0
training: {{epochs: 24, batch_size: 16, learning_rate: 0.01, warmup_steps: 20}}
decoding: {{beam_width: 6, max_output_length: 2}}
"""


def write_data(folder: Path) -> Path:
    """Writes text, lexicon, misspellings and recipe, and returns where the recipe is."""
    words = [word.text.lower() for text in TEXTS for word in find_words(text)]
    lines = [f"{word}\t{words.count(word) / len(words)}\n" for word in sorted(set(words))]
    (folder / "lexicon.tsv").write_text("".join(lines), encoding="utf-8")
    (folder / "text.txt").write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    (folder / "misspellings.tsv").write_text(MISSPELLINGS * 2, encoding="utf-8")
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(folder=folder), encoding="utf-8")
    return recipe
