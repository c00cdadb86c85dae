"""Pages, schemas and pictures of docs/ that are made from the tables the code uses."""
