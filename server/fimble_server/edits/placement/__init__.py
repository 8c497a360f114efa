"""Code of an answer put into a file by its syntax alone: the same block always goes to the same place."""
