"""`python -m theory`, and the document that it writes."""
