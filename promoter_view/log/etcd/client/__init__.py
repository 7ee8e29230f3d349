"""A client of etcd over its own JSON gateway: values, wire, connections, named faults."""
