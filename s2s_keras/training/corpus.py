"""A recipe's `data` section -> its pairs, their tokenisers, and batches."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, cast

from s2s_keras.config import DataConfig, Recipe, ShortlistConfig
from s2s_keras.data import Pair, build_dataset, learn_shortlist, split_pairs
from s2s_keras.data.batches import Examples, ListedExamples, encode_pairs, make_dataset
from s2s_keras.data.mistyped_texts import MistypedTexts
from s2s_keras.data.sampled_pairs import SampledPairs
from s2s_keras.data.shares import Share
from s2s_keras.data.weighted import WeightedExamples, WeightedSource
from s2s_keras.errors import ConfigError, DataError
from s2s_keras.keras_session import EVALUATION_BATCH
from s2s_keras.text import TOKENIZERS, Lexicon, Shortlist, SubwordTokenizer, Tokenizer
from s2s_keras.text.channel import ChannelModel
from s2s_keras.training.checked_pairs import (
    ExcessFinder,
    check_parts,
    excess_finder,
    read_checked,
    weight_notes,
)
from s2s_keras.training.prepared import Recorded, is_prepared, load_prepared
from s2s_keras.training.text_corpus import load_text_corpus

__all__ = [
    "Batches",
    "Corpus",
    "learn_tokenizers",
    "load_corpus",
    "make_batches",
    "make_shortlist",
    "vocabulary_notes",
]


@dataclass(frozen=True)
class Corpus:
    """The pairs of a recipe, with what a model card says of them.

    Attributes:
        train: the training pairs, or the texts that are drawn anew as such, or records; those of
            several sources one behind the other.
        dev: the dev pairs.
        name: of the data.
        licence: of the data.
        tokenizers: those that the lengths were counted with, where they were learned for that.
        notes: what a person should know of the pairs, a line each.
        lexicon: the words that a correction is made of, where the recipe has some.
        channel: how people mistype them, likewise.
        weights: pairs and weight of each source in `train`, where a recipe weighs them.
    """

    train: Sequence[Pair] | Recorded
    dev: list[Pair]
    name: str
    licence: str
    tokenizers: tuple[Tokenizer, Tokenizer] | None = None
    notes: tuple[str, ...] = ()
    lexicon: Lexicon | None = None
    channel: ChannelModel | None = None
    weights: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Batches:
    """What `fit` reads.

    Attributes:
        train: the batches of one epoch, a `grain.MapDataset`; `.repeat` shuffles each anew.
        dev: those of the dev pairs.
        target_tokens: of the training pairs, `eos` included.
        whole_train: the batches of which `train` has this process's share.
    """

    train: Any
    dev: Any
    target_tokens: int
    whole_train: Any

    def summary(self) -> dict[str, Any]:
        """Returns what tells other data, for JSON; of the batches it looks at two."""
        return {
            "batches": len(self.train),
            "dev batches": len(self.dev),
            "target tokens": self.target_tokens,
            "first and last batch": _digest(
                self.whole_train[0], self.whole_train[len(self.train) - 1]
            ),
        }


def load_corpus(
    config: DataConfig, tokenizers: tuple[Tokenizer, Tokenizer] | None = None
) -> Corpus:
    """Reads or builds the pairs, and splits dev off where no dev file is given.

    Lengths are counted in tokens of the recipe's kind. A pair that is too long is left out of a
    built-in data set; in a file it is what `data.too_long` says, an error or left out, too.

    Args:
        config: the recipe's section.
        tokenizers: the source's and the target's of a model that was trained on the pairs. Where
            none are given and lengths hang on the vocabulary, as with subwords, it is learned from
            all training pairs, also those that are then left out.

    Raises:
        DataError: a file is missing or malformed, a text is too long, or a part is empty; names
            file and line.
        ConfigError: there is no such built-in data set.
        MissingDependencyError: a package that a built-in data set is made from, or that subwords
            are learned with, is missing.
    """
    if is_prepared(config):
        found = load_prepared(config)
        name, licence = _name_of(config, found.sources), config.licence or "not stated"
        return Corpus(
            found.train,
            found.dev,
            name,
            licence,
            found.tokenizers,
            found.notes,
            found.lexicon,
            found.channel,
        )
    if config.words is not None:
        text = load_text_corpus(config, config.words, tokenizers)
        name = _name_of(config, [path.name for path in config.text_files()])
        licence = config.licence or "not stated"
        return Corpus(
            text.train,
            text.dev,
            name,
            licence,
            text.tokenizers,
            lexicon=text.lexicon,
            channel=text.channel,
        )
    kind = TOKENIZERS[config.tokenizer]
    if tokenizers is None and kind.cuts_by_vocabulary:
        tokenizers = learn_tokenizers(_load(config, lambda pair: None), config)
    counting = tokenizers or (kind((), config.lowercase),) * 2
    return replace(_load(config, excess_finder(config, counting)), tokenizers=tokenizers)


def _load(config: DataConfig, find_excess: ExcessFinder) -> Corpus:
    """Does what `load_corpus` says; `find_excess` tells what is too long of a pair."""
    if config.dataset is not None:
        built = build_dataset(
            config.dataset, config.dev_fraction, lambda pair: find_excess(pair) is None
        )
        return Corpus(built.train, built.dev, built.name, built.licence)
    sources, dev_shards = config.train_sources(), config.dev_shards()
    if not sources:
        raise ConfigError(
            "exactly one of `data.dataset`, `data.train` and `data.sources` must be given"
        )
    notes: list[str] = []
    trains = [read_checked(source.shards, config, find_excess, notes) for source in sources]
    if dev_shards:
        dev = read_checked(dev_shards, config, find_excess, notes)
    else:
        splits = [split_pairs(pairs, config.dev_fraction) for pairs in trains]
        trains = [train for train, _ in splits]
        dev = [pair for _, held_out in splits for pair in held_out]
        if len(sources) > 1:  # which may have pairs in common
            dev = list(dict.fromkeys(dev))
        check_parts(sources, [len(train) for train in trains], len(dev))
    weights = [(len(train), source.weight) for train, source in zip(trains, sources, strict=True)]
    if config.sources:
        notes += weight_notes(config.sources, [count for count, _ in weights])
    return Corpus(
        [pair for train in trains for pair in train],
        dev,
        _name_of(config, [source.name for source in sources]),
        config.licence or "not stated",
        notes=tuple(notes),
        weights=tuple(weights) if config.sources else (),
    )


def _name_of(config: DataConfig, names: Sequence[str]) -> str:
    return config.name or " + ".join(names)


def learn_tokenizers(corpus: Corpus, config: DataConfig) -> tuple[Tokenizer, Tokenizer]:
    """Learns the source's and the target's tokeniser from the training pairs.

    Returns:
        Two tokenisers; twice the same where the recipe shares the vocabulary. Those that the
        corpus holds, where it does.
    """
    if corpus.tokenizers is not None:
        return corpus.tokenizers
    pairs = cast("Sequence[Pair]", corpus.train)  # records come with theirs
    learn = TOKENIZERS[config.tokenizer].learn
    sides = [[pair.source for pair in pairs], [pair.target for pair in pairs]]
    if config.shared_vocabulary:
        sides = [sides[0] + sides[1]]
    learned = [
        learn(texts, config.min_count, config.max_vocabulary, config.lowercase) for texts in sides
    ]
    return learned[0], learned[-1]


def vocabulary_notes(tokenizers: tuple[Tokenizer, Tokenizer], config: DataConfig) -> list[str]:
    """Returns a line for each vocabulary of subwords that is smaller than asked for.

    That is no error: few pairs hold few subwords, and `data.min_count` leaves rare ones out. But
    the model is then smaller than its recipe reads.
    """
    asked = config.max_vocabulary
    if asked is None or not tokenizers[0].cuts_by_vocabulary:
        return []
    sides = ("both sides",) if config.shared_vocabulary else ("the source", "the target")
    return [
        f"The training pairs give {len(tokenizer.vocabulary):,} {tokenizer.kind}s of {side}; "
        f"`data.max_vocabulary` asks for {asked:,}."
        for side, tokenizer in zip(sides, tokenizers, strict=False)
        if len(tokenizer.vocabulary) < asked
    ]


def make_batches(
    recipe: Recipe,
    corpus: Corpus,
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
    share: Share | None = None,
) -> Batches:
    """Encodes the pairs and lays them out in batches, or a share of each; see `make_dataset`."""
    settings, buckets, targets = recipe.training, recipe.data.buckets, recipe.data.target_buckets
    tokenizers = (source_tokenizer, target_tokenizer)
    dropout = recipe.data.subword_dropout

    def examples_of(pairs: Sequence[Pair]) -> Examples:
        if not dropout:
            return ListedExamples(encode_pairs(pairs, *tokenizers))
        subwords = cast("tuple[SubwordTokenizer, SubwordTokenizer]", tokenizers)
        return SampledPairs(pairs, *subwords, dropout, buckets[-1], settings.seed)

    train: Examples
    if isinstance(corpus.train, MistypedTexts):
        train = corpus.train
    elif isinstance(corpus.train, Recorded):
        train = corpus.train.examples
    elif corpus.weights:
        pairs = iter(corpus.train)
        train = WeightedExamples(
            [
                WeightedSource(examples_of(list(islice(pairs, count))), weight)
                for count, weight in corpus.weights
            ]
        )
    else:
        train = examples_of(corpus.train)
    dev = encode_pairs(corpus.dev, *tokenizers)
    layout = (settings.batch_size, buckets, settings.seed, targets, settings.batch_tokens)
    return Batches(
        train=make_dataset(train, *layout, share),
        dev=make_dataset(dev, EVALUATION_BATCH, buckets, None, targets, share=share),
        target_tokens=train.target_tokens,
        whole_train=make_dataset(train, *layout),
    )


def _digest(*batches: Any) -> str:
    found = hashlib.sha256()
    for inputs, _ in batches:
        for ids in inputs.values():
            found.update(ids.tobytes())
    return found.hexdigest()


def make_shortlist(
    config: DataConfig,
    shortlist: ShortlistConfig,
    source_tokenizer: Tokenizer,
    target_tokenizer: Tokenizer,
) -> Shortlist:
    """Learns a shortlist from the training pairs; see `learn_shortlist`.

    Raises:
        DataError: see `load_corpus`; the pairs that a model was trained on may be gone.
        ValueError: the shortlist is larger than the target vocabulary, or hardly larger than
            nothing.
    """
    try:
        train = load_corpus(config, (source_tokenizer, target_tokenizer)).train
    except DataError as error:
        raise DataError(
            "a shortlist is learned from the training pairs, and they cannot be read. Put them "
            f"back, or export without a shortlist. ({error})",
            error.path,
            error.line,
        ) from error
    if isinstance(train, Recorded):
        raise ConfigError(
            "a shortlist is learned from files of pairs, and `data.folder` holds records: set "
            "`data.folder` to where the files are."
        )
    return learn_shortlist(
        encode_pairs(train, source_tokenizer, target_tokenizer),
        source_size=len(source_tokenizer),
        target_size=len(target_tokenizer),
        size=shortlist.size,
        per_token=shortlist.per_token,
    )
