"""The paper's experiments beside what was run here: read from files, never run.

- `published`: what the paper prints, and what its authors' notebooks store, as data with their sources.
- `results`: which result files there are.
- `inference`: means, standard errors, intervals.
- `comparison`: the published number beside ours, and the verdict, by one rule.
- `costs`: what each method costs, beside backpropagation.
- `tables`: both as tables of text, for the terminal and for Markdown.
- `panels`: what a picture of a result shows, as data.

Nothing of `benchmarks` is imported, which runs the experiments; both know the format of the files, which is
`feedback_proofs_io.results`.
"""
