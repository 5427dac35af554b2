"""Office-Icons, the benchmark that ships: its builder, from openly licensed icon sets to Parquet files."""
