"""The rules of integrity, one family a file: each asks what is known (``..knowledge``) and makes findings of it."""
