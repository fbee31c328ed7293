"""The implementation under check, and the process that it lives in.

- `methods`: its four methods, as claims call them; `subjects`: in a worker process, or in this one.
- `traits`, `vocabulary`: what it says of itself, and what it may be asked for.
- `checked`: what it is given, and what is looked at in its answers.
- `conduct`: how it behaves, asked once before everything else.
- `process`, `keeper`, `worker`, `channel`: the worker from outside, what is between, its inside, messages.
- `walls`, `relay`, `own_time`, `family`, `own_files`: what it may not do to others, what it prints, takes,
  starts, must not change.
- `state`: what a question may leave behind in a process.
- `pipeline`: from noise to feedback by its four methods; `reference`: what only the reference has.
"""
