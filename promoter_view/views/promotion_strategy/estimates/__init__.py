"""How long promotions take, when one is likely to be live, and when one takes too long. Pure."""
