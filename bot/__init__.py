"""The CRM in Slack, with every write signed off."""
