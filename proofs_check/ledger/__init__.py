"""The ledger: its rows and verdicts, and the forms that it is kept and shown in."""
