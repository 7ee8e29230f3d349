"""What keeps changes waiting: the checks of simulated promotions, and the objects that report them. Pure."""
