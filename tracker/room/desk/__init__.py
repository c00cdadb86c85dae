"""The desk: what people do with alerts, as values and pure functions; time is an argument."""
