import time

import numpy as np
import pytest

from s2s_keras.data.batches import make_dataset
from s2s_keras.training.feeding import Feed

BATCHES = 6
SECONDS = 0.1


def dataset():
    """All batches are alike, from which no length could be seen to vary."""
    ids = np.full(3, 7, np.int32)
    return make_dataset([(ids, ids)] * BATCHES, 1, [3])


def fed(feed, training_seconds):
    feed.on_epoch_begin(0)
    for number, (inputs, target_ids) in enumerate(feed.batches()):
        np.testing.assert_array_equal(inputs["source_ids"], target_ids)
        time.sleep(training_seconds)
        feed.on_train_batch_end(number)
    return number + 1


def test_what_is_fed_may_vary_in_length_and_is_all_there():
    feed = Feed(dataset())
    inputs, target_ids = feed.batches().element_spec
    assert {spec.shape.as_list() == [None, None] for spec in (*inputs.values(), target_ids)} == {
        True
    }
    assert fed(feed, 0.0) == BATCHES


@pytest.mark.parametrize("is_slow", [True, False])
def test_the_wait_for_data_is_that_of_training_not_of_the_data(is_slow):
    def prepare(batch):
        time.sleep(SECONDS if is_slow else 0.0)
        return batch

    feed = Feed(dataset().map(prepare))
    started = time.monotonic()
    assert fed(feed, 0.0 if is_slow else SECONDS) == BATCHES
    passed = time.monotonic() - started
    waited = feed.seconds_waited()
    if is_slow:  # for all but the first, which comes while Keras compiles
        assert BATCHES / 2 * SECONDS < waited < passed
    else:
        assert waited < passed - BATCHES * SECONDS
