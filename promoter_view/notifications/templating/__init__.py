"""Templates of the operator: looked over here, run in a process of their own."""
