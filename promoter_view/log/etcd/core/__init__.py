"""What a replica on etcd decides: one state machine, told inputs, asking for actions. Pure."""
