"""Tables of positions: delimited text (``positions_csv``) and Parquet (``positions_parquet``). Nothing is loaded here: recognition needs headers only."""
