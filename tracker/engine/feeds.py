"""Feeds by number, and which of them each source is of. Detectors know a source by its feed: files of one feed, and its connections, are one to them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


class Feeds:
    """The feed of each source, ``feed_of_source`` in the order of the sources' numbers.

    Feeds known at the beginning are numbered by name, so that the order of the files of a replay does not show; later ones follow.
    """

    def __init__(self, feed_of_source: Iterable[str] = ()) -> None:
        given = list(feed_of_source)
        self.names = sorted(set(given))
        """Names of the feeds, by number."""
        self._feed_of = np.array([self.names.index(feed) for feed in given], dtype=np.int32)

    def add_source(self, feed: str) -> None:
        """A further source, whose number is the next."""
        if feed not in self.names:
            self.names.append(feed)
        self._feed_of = np.append(self._feed_of, np.int32(self.names.index(feed)))

    def name_of(self, feed: int) -> str:
        """The name of a feed."""
        return self.names[feed]

    def of(self, sources: NDArray[np.int32]) -> NDArray[np.int32]:
        """The number of the feed of each of some sources."""
        return self._feed_of[sources]
