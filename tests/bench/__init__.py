"""How fast Volley is, beside what it could be: `python -m tests.bench` prints a table."""
