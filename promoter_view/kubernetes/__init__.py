"""The cluster's side: configuration, client, reflectors. Knows nothing of logs or views."""
