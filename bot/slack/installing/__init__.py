"""How a workspace or an organisation gets the bot: Slack's OAuth, and tokens that are renewed before they expire."""
