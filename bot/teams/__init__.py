"""What belongs to one Slack team: its connection, its settings, its installation."""
