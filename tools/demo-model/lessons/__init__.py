"""One module a subject: each `sample(rng, split)` makes one exchange."""
