"""The journal of several replicas: entries are keys of the event log's etcd, and each replica has a copy of them."""
