"""What may be set of replay and of the live program; detectors and others keep theirs beside their code. ``tracker.settings`` gathers them all."""
