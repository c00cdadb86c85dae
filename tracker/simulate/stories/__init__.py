"""Stories: craft that do what must be found, or what only looks like it. Each is built so that its label is true by construction.

One file for each family: ``waiting``, ``meeting``, ``diversion``, ``company``, ``identity``, ``jamming``, ``flights`` and ``feeds``; ``table`` says how often each
is told, ``voyage`` holds what ships of all stories do, ``seed`` what a label is made from.
"""
