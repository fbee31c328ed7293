"""The paper's experiments: runs that learn, can be stopped, and go on as if they had not been."""
