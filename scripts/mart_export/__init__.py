"""Canonical export of marts: the same rows give the same SHA-256, on every engine.

A row is the text of its columns in the order of their names, joined by `|`: decimals with all
their digits, instants in UTC with microseconds, `true` and `false`, `~` for NULL (in a text `~` is
doubled and `|` is `~.`). A mart's hash is the SHA-256 of its columns' names and kinds and of its
rows' SHA-256, sorted. The engine hashes and sorts the rows, so that memory here stays small.
"""
