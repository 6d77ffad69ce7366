"""The only files that know SQL."""
