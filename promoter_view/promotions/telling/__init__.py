"""What is told of Promotions, Freight and Stages beside their statuses: Events, and annotations that pages read."""
