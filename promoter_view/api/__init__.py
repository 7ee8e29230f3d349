"""The aggregated Kubernetes API: paths, parameters, lists and watches over the views."""
