"""What a Stage, its Promotions and its Freight stand at: values in, what is to be written out. Pure."""
