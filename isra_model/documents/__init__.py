"""Documents: what is recorded, written into the README, the pages of docs/ and the model cards between their marks."""
