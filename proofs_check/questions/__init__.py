"""What a subject is asked, and the exact answer.

- `oracle`, `means`, `moments`: single answers, and those over a whole design.
- `limits`: the two questions about a limit; `stages`, `rows`: repeated fits, and what holds for any sample.
- `regions`, `noise_regions`: far from the ordinary.
- `counterexample`: a question that was answered wrongly, as code that `proofs_check.rerun` runs.
"""
