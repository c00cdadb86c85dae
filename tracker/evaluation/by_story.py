"""Results by story, so that a weak one shows: a kind may do well as a whole while one of its stories is missed every time.

A false claim belongs to the story of a label of its craft: one that overlaps it in time, a positive one rather than a negative; else to ``UNLABELLED``.

::

    recall     positive labels of the story met / all of them
    precision  claims that meet them / those and the false ones of its craft
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracker.evaluation.claims import Claim
from tracker.evaluation.score import Score
from tracker.events import finite
from tracker.simulate.labels import NEGATIVE, Label

UNLABELLED: Final = "no label"
WANTED: Final = 0.99
"""What falls below it is weak."""
HEADS: Final = ("story", "kind", "labels", "found", "false", "precision", "recall", "negatives", "hit")


@dataclass(frozen=True, slots=True)
class StoryScore(Score):
    """Figures of one story."""

    story: str
    kind: str
    """Of its positive labels; ``negative`` where it has none."""
    labels: int = 0
    found: int = 0
    claims: int = 0
    """Claims that meet its labels."""
    false: int = 0
    """Claims on its craft that meet none."""
    negatives: int = 0
    hit: int = 0

    @property
    def claims_made(self) -> int:
        """All on its craft."""
        return self.claims + self.false

    @property
    def claims_right(self) -> int:
        """Those that meet a label."""
        return self.claims

    @property
    def is_weak(self) -> bool:
        """Whether something of it was missed, invented or hit oftener than wanted."""
        return self.recall < WANTED or self.precision < WANTED or self.hit > 0

    def to_json(self) -> dict[str, Any]:
        """The figures, rounded."""
        return {
            "kind": self.kind,
            "labels": self.labels,
            "found": self.found,
            "claims": self.claims,
            "false": self.false,
            "precision": finite(self.precision, 4),
            "recall": finite(self.recall, 4),
            "negatives": self.negatives,
            "negatives_hit": self.hit,
        }

    def to_row(self) -> tuple[str, ...]:
        """The figures for people, under ``HEADS``."""
        return (
            self.story,
            self.kind,
            *(str(count) if count else "-" for count in (self.labels, self.found, self.false)),
            *(f"{share:.3f}" if math.isfinite(share) else "-" for share in (self.precision, self.recall)),
            *(str(count) if count else "-" for count in (self.negatives, self.hit)),
        )


def score_stories(
    labels: Sequence[Label],
    met: dict[str, list[Claim]],
    false: Sequence[Claim],
    hit: Iterable[tuple[Label, Claim]],
) -> tuple[StoryScore, ...]:
    """Every story of some labels, and ``UNLABELLED``, in order of kind and name.

    Parameters
    ----------
    met:
        Claims that meet a label, by its id.
    hit:
        Negative labels with the claims that hit them.
    """
    of_story: dict[str, list[Label]] = defaultdict(list)
    by_craft: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        of_story[_story(label)].append(label)
        for craft in (label.craft, label.other_craft):
            if craft is not None:
                by_craft[craft].append(label)
    invented = Counter(_whose(claim, by_craft) for claim in false)
    struck = Counter(story for story, _ in {(_story(label), label.label_id) for label, _ in hit})
    of_story.setdefault(UNLABELLED, [])
    scores = []
    for story, some in of_story.items():
        positives = [label for label in some if label.kind != NEGATIVE]
        kinds = sorted({label.kind for label in positives})
        scores.append(
            StoryScore(
                story,
                " and ".join(kinds) or NEGATIVE,
                labels=len(positives),
                found=sum(label.label_id in met for label in positives),
                claims=len({claim.event_id for label in positives for claim in met.get(label.label_id, ())}),
                false=invented[story],
                negatives=len(some) - len(positives),
                hit=struck[story],
            )
        )
    return tuple(sorted(scores, key=lambda score: (score.kind == NEGATIVE, score.kind, score.story)))


def add_up(parts: Iterable[Sequence[StoryScore]]) -> tuple[StoryScore, ...]:
    """The same stories of several comparisons as one."""
    of_story: dict[str, list[StoryScore]] = defaultdict(list)
    for part in parts:
        for score in part:
            of_story[score.story].append(score)
    sums = [
        StoryScore(
            story,
            max((score.kind for score in some if score.kind != NEGATIVE), default=NEGATIVE),
            **{
                name: sum(getattr(score, name) for score in some)
                for name in ("labels", "found", "claims", "false", "negatives", "hit")
            },
        )
        for story, some in of_story.items()
    ]
    return tuple(sorted(sums, key=lambda score: (score.kind == NEGATIVE, score.kind, score.story)))


def _story(label: Label) -> str:
    return label.story or label.detail


def _whose(claim: Claim, by_craft: dict[str, list[Label]]) -> str:
    """The story whose craft a false claim is about."""
    near = [
        label
        for craft in sorted(claim.crafts)
        for label in by_craft.get(craft, ())
        if claim.start_us <= label.end_us and claim.end_us >= label.start_us
    ]
    near.sort(key=lambda label: (label.kind == NEGATIVE, claim.kind not in label.forbids))
    return _story(near[0]) if near else UNLABELLED
