"""One module per reader: what to ask and how to read the answer; never a connection."""
