"""What is told to others: which entries of the journal, to whom, in which format, and when."""
