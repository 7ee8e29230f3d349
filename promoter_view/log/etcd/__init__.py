"""The event log of several replicas: etcd's MVCC is the log, its compaction the horizon, a lease says who writes."""
