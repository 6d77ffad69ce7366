"""The verbs of the journey, in its order: accept, resolve, confirm, send, record, watch."""
