"""What happens to a bot in Slack without anybody talking to it: reloads, removals, revoked tokens, granted scopes."""

from dataclasses import replace

from bot.sandbox.slack.looking import Looking
from bot.sandbox.slack.world import Installation


class Mishaps(Looking):
    """Changes to the world that are not acts towards the bot."""

    def reload(self, user: str) -> None:
        """The person reloads Slack: their ephemeral messages are gone."""
        for message in self.ephemerals(user):
            self.state.remove(message)

    def installation(self, team: str) -> Installation:
        """The app's installation in a team."""
        bot = self.state.installation_for(team)
        if bot is None:
            raise LookupError(f"the app is not installed in {team}")
        return bot

    def remove_bot(self, channel: str) -> None:
        """Somebody removes the app from a channel."""
        self._set_bot(channel, present=False)

    def invite_bot(self, channel: str) -> None:
        """Somebody says `/invite @crm`."""
        self._set_bot(channel, present=True)

    def _set_bot(self, channel: str, *, present: bool) -> None:
        for team in self.state.channels[channel].teams:
            bot = self.state.installation_for(team)
            if bot:
                self.state.set_member(channel, bot.bot_user, present=present)

    def revoke_token(self, team: str) -> None:
        """From now on this team's token answers `token_revoked`."""
        self.state.revoked.add(self.installation(team).token)
        self.state.changes.tell()

    def grant_scopes(self, team: str, *scopes: str) -> None:
        """Give the team's token further scopes."""
        bot = self.installation(team)
        self.state.installations[bot.token] = replace(bot, scopes=(*bot.scopes, *scopes))
