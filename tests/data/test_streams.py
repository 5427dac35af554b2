import numpy as np
import torch
from PIL import Image

from isra_model.data.benchmark import ImageSet, Task
from isra_model.data.streams import Stream, batch_indices, decode_images
from isra_model.data.transforms import Preprocessing, evaluation_batch, prepare, training_batch

PREPROCESSING = Preprocessing(resize=32, crop=24, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def test_a_batch_is_a_pure_function_of_seed_and_step(task: Task) -> None:
    images = decode_images(task.source_images(), 32)
    stream = Stream(images, PREPROCESSING, seed=3, name="source")
    first = stream.batch(7, 5)

    again = Stream(images, PREPROCESSING, seed=3, name="source").batch(7, 5)
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.images, Stream(images, PREPROCESSING, seed=4, name="source").batch(7, 5).images)


def test_each_label_belongs_to_the_image_at_its_index(task: Task) -> None:
    images = decode_images(task.source_images(), 32)
    batch = Stream(images, PREPROCESSING, seed=3, name="source").batch(2, 6)

    assert torch.equal(batch.labels, images.labels[batch.index])


def test_a_step_may_take_no_image_of_a_stream(task: Task) -> None:
    stream = Stream(decode_images(task.source_images(), 32), PREPROCESSING, seed=3, name="middle")

    assert stream.batch(7, 0).images.shape == (0, 3, 24, 24)


def test_every_image_is_seen_once_an_epoch_even_where_batches_straddle_epochs() -> None:
    seen = np.concatenate([batch_indices(10, 4, (0, "source"), step) for step in range(5)])

    assert sorted(seen[:10]) == list(range(10))
    assert sorted(seen[10:]) == list(range(10))


def test_streams_of_one_run_differ() -> None:
    source, middle = (batch_indices(100, 50, (0, name), 0) for name in ("source", "middle"))

    assert not np.array_equal(source, middle)


def test_an_unreadable_image_is_left_out_and_named(task: Task) -> None:
    good = task.source_images()
    broken = ImageSet("day", (b"not an image", *good.encoded[1:]), good.labels, good.heldout, good.keys)

    decoded = decode_images(broken, 32)

    assert len(decoded) == len(good) - 1
    assert decoded.keys == good.keys[1:]
    assert decoded.skipped[0].startswith(good.keys[0])


def test_evaluation_takes_the_centre() -> None:
    pixels = torch.arange(32, dtype=torch.uint8).expand(1, 3, 32, 32)

    assert evaluation_batch(pixels, PREPROCESSING)[0, 0, 0].mul(255).round().tolist() == list(range(4, 28))


def test_training_crops_within_the_image_and_mirrors_half() -> None:
    pixels = torch.arange(32, dtype=torch.uint8).expand(64, 3, 32, 32)

    rows = training_batch(pixels, PREPROCESSING, torch.Generator().manual_seed(0))[:, 0, 0].mul(255).round()

    steps = rows[:, 1] - rows[:, 0]
    assert set(steps.tolist()) == {1.0, -1.0}
    assert rows.min() >= 0
    assert rows.max() <= 31


def test_preparing_ignores_the_aspect() -> None:
    assert prepare(Image.new("RGB", (200, 50)), 32).shape == (3, 32, 32)
