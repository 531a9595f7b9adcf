"""The demonstration's world: one module for each kind of table, one for the answer key."""
