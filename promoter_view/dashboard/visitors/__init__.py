"""Who looks at the dashboard, and how they sign in."""
