"""What the bot does in Slack on its own: it answers, opens views, posts cards, and asks who somebody is."""
