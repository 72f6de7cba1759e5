"""What to talk about with somebody, how to reach them through shared work, and a draft that somebody else sends."""
