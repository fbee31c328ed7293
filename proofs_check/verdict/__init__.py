"""What a check may say, and at what price.

- `evidence`: rows of evidence, and the exceptions that end a check.
- `effort`: depth and seed of a run.
- `families`: the noise laws that are asked for.
- `budget`: which check may cry wolf how often.
"""
