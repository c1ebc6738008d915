"""What people type and write, turned into values: commands, qualifiers, dates, amounts and messages.

Pure: no Slack, no CRM and no clock. What cannot be understood is `Misunderstood`, a sentence for whoever typed it.
"""
