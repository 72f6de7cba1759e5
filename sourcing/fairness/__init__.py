"""Whether a ranking treats people alike: who is reached, what a swapped name changes, and how groups fare.

Nothing here is read by features or rankings, and nobody's group is ever guessed.
"""
