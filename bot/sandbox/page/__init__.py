"""A page on loopback that looks and behaves like Slack, with the CRM and the wires to it laid open beside it."""
