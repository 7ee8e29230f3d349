"""What both servers, the aggregated API and the dashboard, have in common on the wire. Nothing of views' forms."""
