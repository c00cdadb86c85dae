"""What the columns and members of every known table and feed mean: names, units, times and conventions, in one table.

::

    names of columns or paths of members -> known layout (the one with most marks among them), else generic names -> field, unit

A reader asks :func:`layout_of`, makes a frame of fields (``tracker.decode.tables.frame``) and never looks at a name again.
"""

from tracker.decode.layouts.find import ReadLayout, layout_of
from tracker.decode.layouts.generic import GENERIC, generic_column
from tracker.decode.layouts.known import KNOWN_LAYOUTS
from tracker.decode.layouts.layout import Column, Layout, normalised
from tracker.decode.layouts.mapping import UserMapping, read_mapping
from tracker.decode.layouts.reading import AS_IT_STANDS, Reading

__all__ = [
    "AS_IT_STANDS",
    "GENERIC",
    "KNOWN_LAYOUTS",
    "Column",
    "Layout",
    "ReadLayout",
    "Reading",
    "UserMapping",
    "generic_column",
    "layout_of",
    "normalised",
    "read_mapping",
]
