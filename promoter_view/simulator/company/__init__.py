"""A company at work: strategies, Stages and Applications that go on. Pure but for its clock."""
