"""Data of the user's own: read from an address such as `folder:PATH`, decoded once into the cache."""
