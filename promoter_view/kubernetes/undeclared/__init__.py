"""Kinds of GitOps Promoter's group that the cluster has and no view declares: found, judged, cleaned and reflected."""
