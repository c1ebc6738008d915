"""Everything the bot can say, as functions from values to Slack's blocks: no client, no clock, no CRM in here.

The house voice:

1.  Short beats long: one thought a sentence, one sentence where one will do.
2.  The result comes first and names the record; what led there comes after.
3.  A refusal says what to do next, and who can do it.
4.  What is not known is said to be not known; nothing is guessed and nothing is glossed over.
5.  Numbers, names and dates as people write them: EUR 12,500, Ada Lovelace, Fri 3 Apr 2026, 15:00.
6.  A verb on every button, the same verb everywhere: Confirm, Cancel, Undo, Edit.
7.  Nothing is told by a colour, a picture or an emoji alone; the text without the blocks is the whole answer.
8.  The CRM's words stay the CRM's words: quoted, never markup, never a mention, never a link.
9.  Nobody is blamed and nobody is thanked; no exclamation marks, no "please", no "oops".
10. Private unless somebody shares it; a shared message says who shared it.

Which blocks, and why not the newest (slack.md section 4): a list is a section per record with its button, since what
people do next is to press Show or Done, and no row of a `table` takes a button, of which a message holds only one. A
`card` takes two buttons and 200 characters, where a record has four and its people, deals, notes and tasks. Either
would need this very form as its fallback, and what foreign text needs most, leaves without markup, `rich_text` has.
"""
