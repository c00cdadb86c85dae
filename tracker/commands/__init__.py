"""Commands of the command line, one group a file: each has ``add_to(app)``, which ``tracker.cli`` calls once; options that several have stand in ``options``.

What a command works with is imported when it is called, as in ``tracker.cli``.
"""
