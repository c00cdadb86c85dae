"""Where craft are now: followed at the doors of engines while somebody looks, kept as one latest position for each craft, told to pages as columns."""
