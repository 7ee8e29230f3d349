"""What a Stage, its Promotions and its Freight stand at: documents in, documents out. Pure."""
