"""What `load_raw.py` is made of: declaration, files, values, mapping, batches, the raw area."""
