"""The page of the room: its sources, how it is built, and how it is served."""
