"""The inspector: one trained model, and everything that a person can ask it about an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from isra_model.checkpoints import Checkpoint, read_checkpoint
from isra_model.checkpoints.folders import find_model, gallery_folder, model_folders
from isra_model.data.transforms import evaluation_batch, framed, resized
from isra_model.inspection import faithfulness
from isra_model.inspection.detail import detailed, refine
from isra_model.inspection.evidence import evidence
from isra_model.inspection.frame import Frame
from isra_model.inspection.gallery import Gallery, ModelRows, read_gallery
from isra_model.inspection.neighbours import nearest, normalised
from isra_model.inspection.placement import place
from isra_model.inspection.topics import TopicStatistics, rank_topics, topic_maps
from isra_model.inspection.views import Domain, Evidence, Faithfulness, Neighbour, Prediction, Topic, View
from isra_model.networks import PdaNetwork, Response
from isra_model.values import require

NEIGHBOURS = 12


@dataclass(frozen=True)
class Inspector:
    """A trained model and its gallery; safe to use from several threads.

    Attributes
    ----------
    checkpoint : Checkpoint
        The model.
    gallery : Gallery | None
        The training images that it is compared with; None for a checkpoint that has no gallery yet.

    Examples
    --------
    >>> inspector = Inspector.from_pretrained("checkpoints/office-icons-solid-to-line")  # doctest: +SKIP
    >>> inspector.look(Image.open("mug.png")).predictions[0].label  # doctest: +SKIP
    'mug'
    """

    checkpoint: Checkpoint
    gallery: Gallery | None = None

    @classmethod
    def from_pretrained(cls, path: str | Path, model: str | None = None, revision: str | None = None) -> Inspector:
        """Return the inspector of a model folder, of `model` in a task folder, or of either on the Hub.

        Without `model` it is the last of a task's folder, which has ISRA if one has, and ``ba3us-isra`` on the Hub.
        On the Hub `path` is ``owner/name`` or ``owner/name/model``. Pin it: `revision`, or ``@revision`` after the
        name, is a commit, a tag or a branch; without one a warning names the commit that was fetched.

        Raises
        ------
        CheckpointError
            If there is no such folder, repository or model, or it cannot be read; the message says what to do.
        GalleryError
            If its gallery is of another version.
        WrongValueError
            If an argument is not of its type.
        """
        require("path", path, str | Path)
        require("model", model, str | None)
        require("revision", revision, str | None)
        folder = find_model(path, model, revision)
        return cls(read_checkpoint(folder), _gallery_of(folder))

    def look(self, image: Image.Image) -> View:
        """Return everything that the network says about an image of any size.

        Raises
        ------
        TypeError
            If it is none, such as a file's name.
        """
        _require_image(image)
        return self.look_at_framed(framed(image, self.checkpoint.preprocessing.framing))

    def look_at_framed(self, image: Image.Image) -> View:
        """Do as `look` with an image that is framed as the model's images are, which models may share."""
        pixels = self._pixels(image)
        response, spatial = self._forward(pixels)
        features, logits = response.features.numpy(), response.logits
        probabilities = logits.softmax(dim=0).numpy()
        frame = self._frame(image)
        return View(
            image=image,
            model=self.checkpoint.name,
            predictions=self._predictions(probabilities),
            probabilities=probabilities,
            entropy=float(-(probabilities * logits.log_softmax(dim=0).numpy()).sum()),
            source_only_mass=self._source_only_mass(probabilities),
            features=features,
            framing=self.checkpoint.preprocessing.framing,
            frame=frame,
            source_neighbours=self._neighbours(features, "source"),
            target_neighbours=self._neighbours(features, "target"),
            topics=self._topics(pixels, spatial, frame),
            evidence=self._evidence(response.features),
            map=place(self._rows, normalised(features)) if self._rows else {},
            appearance=self.gallery.looks.judge(image) if self.gallery and self.gallery.looks else None,
        )

    def faithfulness(self, view: View, topics: Sequence[int]) -> tuple[Faithfulness, ...]:
        """Return how faithful the masks of `topics`, given by their indices, are to the view's first prediction.

        Raises
        ------
        KeyError
            If the view has no topic of such an index.
        """
        by_index = {topic.index: topic for topic in view.topics}
        chosen = [by_index[index] for index in topics]
        if self.checkpoint.isra is None:
            return ()
        subject = faithfulness.Subject(
            network=self.checkpoint.network,
            class2vec=self.checkpoint.isra.class2vec,
            pixels=self._pixels(view.image)[0],
            index=view.predictions[0].index,
            label=view.predictions[0].label,
        )
        return faithfulness.measure(subject, chosen)

    @cached_property
    def _shared(self) -> NDArray[np.bool_]:
        classes = self.checkpoint.classes
        return np.isin(np.array(classes), np.array(self.checkpoint.target_classes or classes))

    def _source_only_mass(self, probabilities: NDArray[np.float32]) -> float | None:
        return float(probabilities[~self._shared].sum()) if self.checkpoint.target_classes else None

    @cached_property
    def _detailed(self) -> PdaNetwork | None:
        return detailed(self.checkpoint.network)

    @cached_property
    def _rows(self) -> ModelRows | None:
        return self.gallery.models.get(self.checkpoint.name) if self.gallery else None

    @cached_property
    def _usual_topics(self) -> TopicStatistics:
        isra, r2 = self.checkpoint.isra, self.checkpoint.metrics.get("receptor_r2", ())
        topics = isra.class2vec.encoder.out_features if isra else 0
        values = self._rows.topic_values if self._rows else np.zeros((0, topics), dtype=np.float32)
        return TopicStatistics.of(values, r2)

    def _pixels(self, image: Image.Image) -> Tensor:
        preprocessing = self.checkpoint.preprocessing
        return evaluation_batch(resized(image, preprocessing.resize).unsqueeze(0), preprocessing)

    def _frame(self, image: Image.Image) -> Frame:
        preprocessing = self.checkpoint.preprocessing
        return Frame.of(image.height, image.width, preprocessing.crop / preprocessing.resize)

    @torch.inference_mode()
    def _forward(self, pixels: Tensor) -> tuple[Response, Tensor]:
        """Return features (d,) and logits (C,), and the spatial map (d, h, w), of a batch of one."""
        (features, logits), spatial = self.checkpoint.network.respond_with_map(pixels)
        return Response(features[0], logits[0]), spatial[0]

    def _predictions(self, probabilities: NDArray[np.float32]) -> tuple[Prediction, ...]:
        classes, shared = self.checkpoint.classes, self._shared
        order = np.argsort(-probabilities, kind="stable").tolist()
        return tuple(Prediction(classes[i], i, float(probabilities[i]), bool(shared[i])) for i in order)

    def _neighbours(self, features: NDArray[np.float32], domain: Domain) -> tuple[Neighbour, ...]:
        if self.gallery is None or self._rows is None:
            return ()
        rows = np.flatnonzero(self.gallery.domains == domain)
        found = nearest(self._rows.directions[rows], normalised(features)[None], NEIGHBOURS)
        chosen, distances = rows[found.indices[0]].tolist(), found.distances[0].tolist()
        label = self.gallery.label
        return tuple(Neighbour(row, domain, label(row), near) for row, near in zip(chosen, distances, strict=True))

    @torch.inference_mode()
    def _topics(self, pixels: Tensor, spatial: Tensor, frame: Frame) -> tuple[Topic, ...]:
        if self.checkpoint.isra is None:
            return ()
        if self._detailed:
            spatial = refine(spatial, self._detailed.spatial_features(pixels)[0])
        return rank_topics(topic_maps(self.checkpoint.isra, spatial), self._usual_topics, frame)

    def _evidence(self, features: Tensor) -> Evidence | None:
        isra, network = self.checkpoint.isra, self.checkpoint.network
        return evidence(isra.class2vec, network.classifier, features) if isra else None


def read_inspectors(task_folder: Path, models: Sequence[str] | None = None) -> dict[str, Inspector]:
    """Return the inspectors of a task folder's models, or of some of them, by name; they share one gallery.

    Raises
    ------
    CheckpointError
        If the folder holds no model or one cannot be read.
    GalleryError
        If the gallery is of another version or not complete.
    """
    folders = model_folders(task_folder)
    found = [read_checkpoint(each) for each in folders if models is None or each.absolute().name in models]
    place = gallery_folder(task_folder)
    gallery = read_gallery(place, models) if place else None
    return {checkpoint.name: Inspector(checkpoint, gallery) for checkpoint in found}


def look_with_every_model(inspectors: Mapping[str, Inspector], image: Image.Image) -> dict[str, View]:
    """Return what each model says about one image, by model name."""
    _require_image(image)
    framings = {inspector.checkpoint.preprocessing.framing for inspector in inspectors.values()}
    images = {framing: framed(image, framing) for framing in framings}
    return {
        name: inspector.look_at_framed(images[inspector.checkpoint.preprocessing.framing])
        for name, inspector in inspectors.items()
    }


def _require_image(image: object) -> None:
    if not isinstance(image, Image.Image):
        kind = type(image).__name__
        raise TypeError(f"An inspector looks at images, not at a {kind}: give what PIL.Image.open(FILE) returns.")


def _gallery_of(model_folder: Path) -> Gallery | None:
    folder = gallery_folder(model_folder)
    return read_gallery(folder) if folder else None
