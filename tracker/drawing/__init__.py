"""One event as a picture: a self-contained SVG with the tracks, the land, the places around and a strip of time.

``case`` says what is drawn, ``chart`` where it falls on the paper, ``coast``, ``tracks``, ``marks`` and ``strips`` draw their parts, and
``picture`` puts them on one sheet. Nothing here reads a file; the land and the places are asked of ``tracker.geography``.
"""
