"""A user's own implementation of a technique, held against the catalogue's."""
