"""Every change of the tables since the first release, in order; applied by `bot.store.migrate`."""
