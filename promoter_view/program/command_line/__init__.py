"""What is given on the command line: options, their notations, and what they amount to."""
