"""The comparison of methods over tasks and seeds: its runs, where they are carried out, and its tables."""
