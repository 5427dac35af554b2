import threading
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from isra_model.data.benchmark import BenchmarkError, ImageSet, Task
from isra_model.data.prefetch import Prefetch
from isra_model.data.streams import (
    EncodedImages,
    Stream,
    balanced_indices,
    batch_indices,
    decode_images,
    open_images,
)
from isra_model.data.transforms import Preprocessing, _gather, cut, evaluation_batch, random_crops, resized

PREPROCESSING = Preprocessing(resize=32, crop=24, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def test_a_batch_is_a_pure_function_of_seed_and_step(task: Task) -> None:
    images = decode_images(task.source_images(), Preprocessing(32, 32))
    stream = Stream(images, PREPROCESSING, seed=3, name="source")
    first = stream.crops(7, 5)

    again = Stream(images, PREPROCESSING, seed=3, name="source").crops(7, 5)
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.images, Stream(images, PREPROCESSING, seed=4, name="source").crops(7, 5).images)


def test_each_label_belongs_to_the_image_at_its_index(task: Task) -> None:
    images = decode_images(task.source_images(), Preprocessing(32, 32))
    batch = Stream(images, PREPROCESSING, seed=3, name="source").crops(2, 6)

    assert torch.equal(batch.labels, images.labels[batch.index])


def test_a_step_may_take_no_image_of_a_stream(task: Task) -> None:
    stream = Stream(decode_images(task.source_images(), Preprocessing(32, 32)), PREPROCESSING, seed=3, name="middle")

    assert stream.crops(7, 0).images.shape == (0, 3, 24, 24)


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

    decoded = decode_images(broken, Preprocessing(32, 32))

    assert len(decoded) == len(good) - 1
    assert decoded.keys == good.keys[1:]
    assert decoded.skipped[0].startswith(good.keys[0])


def test_evaluation_takes_the_centre() -> None:
    pixels = torch.arange(32, dtype=torch.uint8).expand(1, 3, 32, 32)

    assert evaluation_batch(pixels, PREPROCESSING)[0, 0, 0].mul(255).round().tolist() == list(range(4, 28))


def test_training_crops_within_the_image_and_mirrors_half() -> None:
    pixels = torch.arange(32, dtype=torch.uint8).expand(64, 3, 32, 32)
    crops = random_crops(64, PREPROCESSING, torch.Generator().manual_seed(0))

    rows = cut(pixels, torch.arange(64), crops, 24)[:, 0, 0].int()

    steps = rows[:, 1] - rows[:, 0]
    assert set(steps.tolist()) == {1, -1}
    assert rows.min() >= 0
    assert rows.max() <= 31


def test_a_gpu_cuts_the_same_crops_as_a_cpu() -> None:
    pixels = torch.randint(0, 256, (9, 3, 32, 32), dtype=torch.uint8)
    index, crops = torch.tensor([8, 0, 3]), torch.tensor([[0, 8, 1], [8, 0, 0], [3, 5, 1]])

    plan = torch.cat([index.unsqueeze(1), crops], dim=1)
    assert torch.equal(_gather(pixels, plan, 24), cut(pixels, index, crops, 24))


def test_a_process_reads_its_share_of_the_batch_and_no_more(task: Task) -> None:
    stream = Stream(decode_images(task.source_images(), Preprocessing(32, 32)), PREPROCESSING, seed=3, name="source")
    whole, share = stream.crops(4, 7), stream.crops(4, 7, slice(3, 7))

    assert torch.equal(share.images, whole.images[3:])
    assert torch.equal(share.index, whole.index[3:])


def test_balanced_batches_hold_every_class_equally_often_and_every_image_of_a_class_once_an_epoch() -> None:
    labels = np.array([0] * 3 + [1] * 6)
    members = tuple(np.flatnonzero(labels == label) for label in (0, 1))

    seen = np.concatenate([balanced_indices(members, 4, (0, "source"), step) for step in range(3)])

    assert [int((labels[seen] == label).sum()) for label in (0, 1)] == [6, 6]
    assert sorted(seen[labels[seen] == 0]) == [0, 0, 1, 1, 2, 2]
    assert sorted(seen[labels[seen] == 1]) == [3, 4, 5, 6, 7, 8]
    assert np.array_equal(balanced_indices(members, 4, (0, "source"), 2), seen[8:])


def test_a_set_too_large_for_memory_gives_the_same_batches(task: Task) -> None:
    images = task.source_images()
    decoded, encoded = open_images(images, Preprocessing(32, 32)), open_images(images, Preprocessing(32, 32), memory=0)
    first, second = (Stream(each, PREPROCESSING, seed=3, name="source").crops(2, 6) for each in (decoded, encoded))

    assert isinstance(encoded, EncodedImages)
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.labels, second.labels)
    assert torch.equal(decoded.between(3, 7), encoded.between(3, 7))


def test_an_unreadable_image_of_a_set_too_large_for_memory_gives_way_to_the_next(task: Task) -> None:
    good = task.source_images()
    encoded = (good.encoded[0], b"not an image", b"nor this", *good.encoded[3:])
    images = open_images(replace(good, encoded=encoded), Preprocessing(32, 32), memory=0)

    pixels = images.between(0, 4)

    assert torch.equal(pixels[1], pixels[3])
    assert torch.equal(pixels[2], pixels[3])
    assert images.labels[1] == images.labels[2] == good.labels[3]
    assert [line.split(": ")[0] for line in images.skipped] == [good.keys[1], good.keys[2]]


def test_a_set_without_a_readable_image_is_refused_whatever_its_size(task: Task) -> None:
    images = replace(task.source_images(), encoded=(b"not an image",) * len(task.source_images()))
    first, *others = images.keys
    names = f"No image of the domain 'day' could be read, e.g. {first}: The file holds text.* Nor could {others[0]}, "

    with pytest.raises(BenchmarkError, match=names + f".*, {others[3]} and {len(others) - 4} more"):
        open_images(images, Preprocessing(32, 32), memory=0).between(0, 1)
    with pytest.raises(BenchmarkError, match=names):
        decode_images(images, Preprocessing(32, 32))


def test_prefetching_gives_each_step_its_own_value_from_a_thread() -> None:
    threads = set()

    def square(step: int) -> int:
        threads.add(threading.current_thread())
        return step * step

    with closing(Prefetch(square, stop=6, ahead=2)) as prefetch:
        assert [prefetch(step) for step in (0, 1, 2, 4, 5)] == [0, 1, 4, 16, 25]
    assert threading.current_thread() not in threads


def test_preparing_ignores_the_aspect() -> None:
    assert resized(Image.new("RGB", (200, 50)), 32).shape == (3, 32, 32)
