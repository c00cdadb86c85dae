"""Cargo: consignments, their documents, manifests and itineraries, and which craft carries them when."""
