"""Mutation runs: small faults put into the rules that must not fail, and whether a test notices (``deploy/mutations --help``)."""
