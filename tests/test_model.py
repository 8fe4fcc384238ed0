import random
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from s2s_keras.data import Pair
from s2s_keras.data.batches import encode_pairs, make_dataset, stream
from s2s_keras.decoding import DecodingSettings, beam_search, greedy_search
from s2s_keras.errors import InputError
from s2s_keras.keras_session import KerasSession
from s2s_keras.layers import ScheduledSampling
from s2s_keras.model import Seq2Seq
from s2s_keras.text import BOS_ID, CharacterTokenizer
from s2s_keras.training import ExactMatch, MaskedCrossentropy, TokenAccuracy

SOURCE, TARGET = CharacterTokenizer("abcde"), CharacterTokenizer("xyz")
V = len(TARGET)
SOURCE_IDS = np.array([[4, 5, 6, 7], [8, 7, 0, 0], [5, 0, 0, 0]], np.int32)
TARGET_IDS = np.array([[4, 5, 6, 6, 2], [5, 2, 0, 0, 0], [6, 4, 2, 0, 0]], np.int32)
INPUTS = {"source_ids": SOURCE_IDS, "target_ids": TARGET_IDS}
TWO_LAYERS = {"encoder_layers": 2, "decoder_layers": 2, "attention_units": 3}
SYSTEMS = {
    "default": {},
    "two layers": TWO_LAYERS,
    "untied": {"tie_output": False},
    "Cho 2014": {"decoder": "cho", "encoder_direction": "forward", "deep_output": "maxout"},
    "Sutskever 2014": {
        "decoder": "sutskever",
        "cell": "lstm",
        "encoder_direction": "backward",
        "encoder_layers": 4,
        "decoder_layers": 4,
        "bridge": "copy",
    },
    "Bahdanau 2015": {"decoder": "bahdanau", "deep_output": "maxout"},
    "Luong 2015": {
        "decoder": "luong",
        "cell": "lstm",
        "encoder_direction": "forward",
        "score": "dot",
        "encoder_layers": 2,
        "decoder_layers": 2,
        "bridge": "copy",
        "input_feeding": True,
    },
    "local-p": {"decoder": "luong", "attention_window": 1, "source_embedding_size": 3},
    "residual": {"encoder_layers": 3, "decoder_layers": 2, "residual": True, "encoder_units": 4},
}
VARIANTS = pytest.mark.parametrize("arguments", SYSTEMS.values(), ids=SYSTEMS)


def make_model(source=SOURCE, target=TARGET, seed=0, **arguments) -> Seq2Seq:
    keras.utils.set_random_seed(seed)
    model = Seq2Seq(source, target, embedding_size=4, units=5, **arguments)
    for weight in model.trainable_weights:  # large enough that every input makes a difference
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.5))
    return model


def logits_of(model: Seq2Seq, source_ids=SOURCE_IDS, target_ids=TARGET_IDS) -> np.ndarray:
    return ops.convert_to_numpy(model({"source_ids": source_ids, "target_ids": target_ids}))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def fit_two_steps(model: Seq2Seq) -> list[float]:
    """Trains with dropout and returns the losses."""
    metrics = [TokenAccuracy(), ExactMatch()]
    optimizer = keras.optimizers.Adam(0.01)
    model.compile(optimizer, MaskedCrossentropy(), metrics=metrics, run_eagerly=True)
    return model.fit(INPUTS, TARGET_IDS, epochs=2, verbose=0).history["loss"]


def save_and_load(model: Seq2Seq, folder: Path) -> Seq2Seq:
    model.save(folder / "model.keras")
    return keras.saving.load_model(folder / "model.keras")


@VARIANTS
def test_step_by_step_decoding_equals_teacher_forcing(arguments):
    model = make_model(**arguments)
    logits = logits_of(model)
    assert logits.shape == (*TARGET_IDS.shape, V)
    *source, state = model.encode(SOURCE_IDS)
    tokens = np.full(len(SOURCE_IDS), BOS_ID, np.int32)
    for t in range(TARGET_IDS.shape[1]):
        log_probs, state, weights = model.decode_step(tokens, state, *source)
        np.testing.assert_allclose(log_probs, log_softmax(logits[:, t]), atol=1e-5)
        assert (weights is None) == (arguments.get("decoder") in ("cho", "sutskever"))
        if weights is not None:
            np.testing.assert_allclose(ops.sum(weights, -1), np.ones(len(tokens)), atol=1e-6)
        tokens = TARGET_IDS[:, t]


def test_decode_step_with_one_source_for_all_rows():
    model = make_model()
    *source, state = model.encode(SOURCE_IDS[1:2])
    tokens = np.array([BOS_ID, 4, 5], np.int32)
    shared = model.decode_step(tokens, ops.repeat(state, 3, axis=1), *source)
    for row, token in enumerate(tokens):
        alone = model.decode_step(token[None], state, *source)
        np.testing.assert_allclose(shared[0][row], alone[0][0], atol=1e-6)
        np.testing.assert_allclose(shared[1][:, row], alone[1][:, 0], atol=1e-6)


@pytest.mark.parametrize("t", range(TARGET_IDS.shape[1]))
def test_logits_depend_on_earlier_targets_only(t):
    model = make_model()
    changed_ids = TARGET_IDS.copy()
    changed_ids[:, t] = (changed_ids[:, t] + 1) % V
    changes = np.abs(logits_of(model, target_ids=changed_ids) - logits_of(model)).max(axis=-1)
    assert changes[:, : t + 1].max() == 0
    assert (changes[:, t + 1 : t + 2] > 1e-4).all()


@VARIANTS
def test_logits_depend_on_the_source(arguments):
    changed = SOURCE_IDS.copy()
    changed[:, 0] = 6
    model = make_model(**arguments)
    assert (np.abs(logits_of(model, changed) - logits_of(model)).max(axis=-1) > 1e-5).all()


@VARIANTS
def test_logits_with_more_source_padding_are_the_same(arguments):
    model = make_model(**arguments)
    padded = logits_of(model, np.pad(SOURCE_IDS, [(0, 0), (0, 3)]))
    np.testing.assert_allclose(padded, logits_of(model), atol=1e-5)


def test_untied_output_adds_a_vocabulary_matrix():
    tied, untied = make_model(tie_output=True), make_model(tie_output=False)
    vocabulary_sizes = [sum(V in w.shape for w in m.trainable_weights) for m in (tied, untied)]
    assert vocabulary_sizes == [1, 2]
    assert untied.count_params() - tied.count_params() == V * 4


def test_shared_embeddings_save_a_matrix(tmp_path):
    shared = make_model(SOURCE, SOURCE, share_embeddings=True)
    apart = make_model(SOURCE, SOURCE)
    assert apart.count_params() - shared.count_params() == len(SOURCE) * 4
    assert shared.source_embedding is shared.target_embedding
    loaded = save_and_load(shared, tmp_path)
    assert loaded.source_embedding is loaded.target_embedding
    np.testing.assert_array_equal(logits_of(loaded), logits_of(shared))


def test_shared_embeddings_with_different_tokenizers_are_refused():
    with pytest.raises(ValueError, match="`share_embeddings` needs one tokeniser"):
        Seq2Seq(SOURCE, TARGET, share_embeddings=True)


@pytest.mark.parametrize(
    "arguments",
    [{"dropout": 0.3}, {**TWO_LAYERS, "tie_output": False}, SYSTEMS["Luong 2015"]],
    ids=["dropout", "two layers, untied", "Luong"],
)
def test_trained_model_survives_save_and_load(arguments, tmp_path):
    model = make_model(**arguments)
    losses = fit_two_steps(model)
    loaded = save_and_load(model, tmp_path)
    assert np.isfinite(losses).all()
    assert loaded.get_config() == model.get_config()
    assert loaded.get_config().items() >= arguments.items()
    assert (loaded.source_tokenizer, loaded.target_tokenizer) == (SOURCE, TARGET)
    np.testing.assert_array_equal(logits_of(loaded), logits_of(model))
    assert int(loaded.optimizer.iterations) == 2
    for x, y in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(x), ops.convert_to_numpy(y))
    evaluations = [m.evaluate(INPUTS, TARGET_IDS, verbose=0) for m in (model, loaded)]
    assert len(evaluations[0]) == 3
    np.testing.assert_allclose(*evaluations, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("cell", "rnn", "`cell` must be one of \\['gru', 'lstm'\\]. Received: cell='rnn'"),
        ("decoder", "vaswani", "`decoder` must be one of.*Received: decoder='vaswani'"),
        ("encoder_direction", "up", "`encoder_direction` must be one of.*Received.*'up'"),
        ("score", "dot", "score `dot` needs `units` equal to the width of the memory, 10"),
    ],
)
def test_bad_arguments_are_refused(name, value, message):
    with pytest.raises(ValueError, match=message):
        make_model(**{name: value})


@pytest.mark.parametrize("side", ["source", "target"])
def test_frozen_embedding_stays_as_it_starts(side, tmp_path):
    model = make_model(**{f"freeze_{side}_embedding": True})
    layers = {"source": model.source_embedding, "target": model.target_embedding}
    vectors = np.arange(layers[side].embeddings.shape[0] * 4, dtype=np.float32).reshape(-1, 4)
    layers[side].embeddings.assign(vectors)
    before = {name: ops.convert_to_numpy(layer.embeddings) for name, layer in layers.items()}
    fit_two_steps(model)
    for name, layer in layers.items():
        same = np.array_equal(ops.convert_to_numpy(layer.embeddings), before[name])
        assert same == (name == side)
    assert not getattr(save_and_load(model, tmp_path), f"{side}_embedding").trainable


def sampling(probability: float) -> ScheduledSampling:
    return ScheduledSampling("constant", probability, seed=1)


@VARIANTS
def test_scheduled_sampling_of_true_tokens_is_teacher_forcing(arguments):
    model = make_model(**arguments, dropout=0.0, scheduled_sampling=sampling(1e-9))
    sampled = ops.convert_to_numpy(model(INPUTS, training=True))
    np.testing.assert_allclose(sampled, logits_of(model), atol=1e-5)


def test_scheduled_sampling_of_own_tokens_sees_no_target():
    def logits(target_ids):
        model = make_model(dropout=0.0, scheduled_sampling=sampling(1.0))
        inputs = {"source_ids": SOURCE_IDS, "target_ids": target_ids}
        return model, ops.convert_to_numpy(model(inputs, training=True))

    model, sampled = logits(TARGET_IDS)
    np.testing.assert_array_equal(sampled, logits(np.full_like(TARGET_IDS, 5))[1])
    forced = logits_of(model)
    np.testing.assert_allclose(sampled[:, 0], forced[:, 0], atol=1e-5)  # `bos` is no draw
    assert np.abs(sampled[:, 1:] - forced[:, 1:]).max() > 1e-3


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_scheduled_sampling_trains_and_counts_its_steps(run_eagerly, tmp_path):
    schedule = ScheduledSampling("linear", 0.5, 4)
    model = make_model(scheduled_sampling=schedule, dropout=0.2, decoder="luong")
    model.compile(keras.optimizers.Adam(0.01), MaskedCrossentropy(), run_eagerly=run_eagerly)
    losses = model.fit(INPUTS, TARGET_IDS, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    loaded = save_and_load(model, tmp_path)
    assert float(loaded.scheduled_sampling.steps) == 8
    assert loaded.scheduled_sampling.get_config() == schedule.get_config()
    np.testing.assert_array_equal(logits_of(loaded), logits_of(model))


@pytest.mark.parametrize("decoder", ["bahdanau", "cho", "luong", "sutskever"])
@pytest.mark.parametrize("schedule", [None, sampling(0.5)], ids=["forced", "sampled"])
def test_training_takes_batches_of_different_lengths(decoder, schedule):
    """In a graph, where neither side's length is known."""
    pairs = [Pair("a", "xyxyx"), Pair("abcde", "x"), Pair("bb", "xy"), Pair("abcd", "xyzx")]
    examples = encode_pairs(pairs, SOURCE, TARGET)
    dataset = make_dataset(examples, batch_size=1, bucket_lengths=[2, 4, 6], seed=0)
    assert len({inputs["source_ids"].shape for inputs, _ in dataset}) > 1
    model = make_model(decoder=decoder, scheduled_sampling=schedule)
    model.compile("adam", MaskedCrossentropy())
    losses = model.fit(
        stream(dataset), steps_per_epoch=len(dataset), shuffle=False, verbose=0
    ).history["loss"]
    assert np.isfinite(losses).all()


def test_training_is_determined_by_the_seed():
    def train(seed):
        model = make_model(seed=seed, dropout=0.5)
        return fit_two_steps(model), logits_of(model)

    (losses, logits), (losses_again, logits_again), (other_losses, _) = map(train, (1, 1, 2))
    assert losses == losses_again
    np.testing.assert_array_equal(logits, logits_again)
    assert losses != other_losses


@pytest.mark.parametrize("kind", ["dropout", "token_dropout", "memory_dropout"])
@pytest.mark.parametrize("is_sampled", [False, True], ids=["teacher forcing", "sampled"])
def test_dropout_acts_in_training_only(kind, is_sampled):
    schedule = sampling(1e-9) if is_sampled else None  # of true tokens: the same logits
    model = make_model(**{"dropout": 0.0, kind: 0.5}, scheduled_sampling=schedule)
    plain, dropped = logits_of(model), ops.convert_to_numpy(model(INPUTS, training=True))
    np.testing.assert_array_equal(plain, logits_of(model))
    assert np.abs(dropped - plain).max() > 1e-2


def test_token_dropout_drops_whole_embeddings():
    model = make_model(dropout=0.0, token_dropout=0.25)
    kept = ops.convert_to_numpy(model._dropped(ops.ones((50, 40, 6)), True))
    assert (kept == kept[..., :1]).all()
    values, counts = np.unique(kept[..., 0], return_counts=True)
    np.testing.assert_allclose(values, [0, 1 / 0.75], rtol=1e-6)
    assert abs(counts[0] / 2000 - 0.25) < 0.05


@pytest.mark.parametrize(
    ("beam_width", "search"), [(1, greedy_search), (3, beam_search)], ids=["greedy", "beam"]
)
def test_generate_returns_the_outputs_of_the_search(beam_width, search):
    model = make_model(seed=5)
    settings = DecodingSettings(beam_width, max_output_length=4, n_best=beam_width)
    texts = ["abcd", "ed", "bcd"]
    for text, predictions in zip(texts, model.generate(texts, settings, 2), strict=True):
        source_ids = np.array([SOURCE.encode(text)], np.int32)
        (found,) = search(KerasSession(model), source_ids, settings)
        assert len(found) == beam_width
        assert [p.text for p in predictions] == [TARGET.decode(h.token_ids) for h in found]
        for prediction, hypothesis in zip(predictions, found, strict=True):
            ids = list(hypothesis.token_ids)
            assert prediction.attention.shape == (len(ids), len(text))
            log_probs = log_softmax(logits_of(model, source_ids, np.array([ids]))[0])
            expected = log_probs[range(len(ids)), ids].sum()
            np.testing.assert_allclose(prediction.log_prob, expected, atol=1e-4)
            np.testing.assert_allclose(prediction.score, expected / len(ids), atol=1e-4)
            if beam_width == 1:
                assert log_probs.argmax(axis=-1).tolist() == ids


def test_generate_of_one_character_is_like_any_other():
    model = make_model(tie_output=False)
    alone, beside = model.generate(["b"])[0], model.generate(["b", "abc"])[0]
    assert alone[0].text == beside[0].text
    np.testing.assert_allclose(alone[0].log_prob, beside[0].log_prob, atol=1e-4)


@pytest.mark.parametrize("text", ["", "  "])
def test_generate_of_an_empty_text_is_refused(text):
    with pytest.raises(InputError, match="empty"):
        make_model().generate(["ab", text])


def test_plain_compile_beside_a_gpu_leaves_xla_out(monkeypatch):
    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [gpu])
    model = make_model()
    model.compile("adam", MaskedCrossentropy())
    assert model.jit_compile is False


def test_generate_under_mixed_precision_gives_numbers():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make_model()
        memory = model.encode(SOURCE_IDS).memory
        (prediction,) = model.generate(["abc"])[0]
    finally:
        keras.config.set_dtype_policy(before)
    assert keras.backend.standardize_dtype(memory.dtype) == "bfloat16"
    assert np.isfinite(prediction.log_prob)
    np.testing.assert_allclose(prediction.attention.sum(axis=1), 1, atol=0.05)


@pytest.mark.slow
def test_model_learns_to_reverse():
    shuffler = random.Random(0)
    words = sorted({"".join(shuffler.choices("abcde", k=3 + i % 3)) for i in range(1500)})
    shuffler.shuffle(words)
    held_out, train = words[:100], words[100:]
    keras.utils.set_random_seed(0)
    model = Seq2Seq(SOURCE, SOURCE, embedding_size=16, units=32, dropout=0.0)
    examples = encode_pairs([Pair(word, word[::-1]) for word in train], SOURCE, SOURCE)
    dataset = make_dataset(examples, batch_size=64, bucket_lengths=[4, 6], seed=0)
    epochs = 10
    optimizer = keras.optimizers.Adam(0.01, global_clipnorm=1.0)
    model.compile(optimizer, MaskedCrossentropy(), jit_compile=False)
    batches = stream(dataset.repeat(epochs))
    model.fit(batches, epochs=epochs, steps_per_epoch=len(dataset), shuffle=False, verbose=0)
    greedy = DecodingSettings(beam_width=1, max_output_length=8)
    found = [predictions[0].text for predictions in model.generate(held_out, greedy)]
    assert np.mean([text == word[::-1] for text, word in zip(found, held_out, strict=True)]) >= 0.9
