// `/crm find` in Bolt for JavaScript as its documentation shows it, with Node's own fetch for the CRM.
// It asks and answers what `rows.py` does, word for word. With INSTALLATIONS it serves the workspaces of that directory,
// and their full members only.
const { readFile } = require("node:fs/promises");
const { App, FileInstallationStore } = require("@slack/bolt");

const baseDir = process.env.INSTALLATIONS;
const many = {
  clientId: "1.2",
  clientSecret: "bench",
  stateSecret: "bench",
  scopes: ["commands"],
  installationStore: new FileInstallationStore({ baseDir }),
};
const app = new App({
  ...(baseDir ? many : { token: process.env.SLACK_BOT_TOKEN }),
  signingSecret: process.env.SLACK_SIGNING_SECRET,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
  logLevel: "error",
});
const members = new Map();

async function isMember(client, team, user) {
  const key = `${team} ${user}`;
  if (!members.has(key)) {
    const { user: asking } = await client.users.info({ user });
    const outside = (asking.team_id ?? team) !== team;
    members.set(key, !(outside || asking.is_restricted || asking.is_stranger || asking.deleted));
  }
  return members.get(key);
}

// The connection of the CRM that a command reads; undefined for whoever may not.
async function connectionOf({ team_id: team, user_id: user }, client) {
  if (!baseDir) return "bench";
  return (await isMember(client, team, user)) ? readFile(`${baseDir}${team}/connection`, "utf8") : undefined;
}

const paths = {
  companies: ["name", "domainName.primaryLinkUrl"],
  people: ["name.firstName", "name.lastName", "emails.primaryEmail"],
  opportunities: ["name"],
};
const heads = { companies: "Companies", people: "People", opportunities: "Deals" };
const kinds = { companies: "company", people: "person", opportunities: "deal" };
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

function asked(plural, words) {
  const each = words.map((word) => `or(${paths[plural].map((path) => `${path}[ilike]:"%${word}%"`).join()})`);
  return new URLSearchParams({ filter: `and(${each.join()})`, limit: "200" });
}

async function read(plural, words, connection) {
  const headers = { Authorization: `Bearer ${process.env.MATON_API_KEY}`, "Maton-Connection": connection };
  const url = `${process.env.MATON_API_URL}/twenty/rest/${plural}?${asked(plural, words)}`;
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`the CRM said ${response.status}`);
  return (await response.json()).data[plural];
}

const plain = (text) => ({ type: "plain_text", text, emoji: false });

const named = ({ name }) => (typeof name === "string" ? name : `${name.firstName} ${name.lastName}`);

function facts(plural, record, companies) {
  if (plural === "companies")
    return [record.domainName.primaryLinkUrl.replace("https://", ""), record.address.addressCity];
  const company = companies.get(record.companyId);
  if (plural === "people") {
    const { primaryPhoneCallingCode, primaryPhoneNumber } = record.phones;
    const phone = `${primaryPhoneCallingCode} ${primaryPhoneNumber}`;
    return [record.jobTitle, company, record.emails.primaryEmail, phone];
  }
  const stage = record.stage[0] + record.stage.slice(1).toLowerCase();
  const amount = `${record.amount.currencyCode} ${whole.format(record.amount.amountMicros / 1e6)}`;
  const closes = `Close date ${day.format(new Date(record.closeDate)).replace(",", "")}`;
  return [stage, amount, closes, company];
}

function button(kind, record, name) {
  return {
    type: "button",
    text: plain("Show"),
    action_id: "record_show",
    value: `${kind}:${record.id}`,
    accessibility_label: `Show ${name}`,
  };
}

function answer(words, found) {
  const told = [`Found for “${words.join(" ")}”`];
  const blocks = [{ type: "header", text: plain(told[0]) }];
  const companies = new Map(found[0].map((company) => [company.id, company.name]));
  Object.keys(heads).forEach((plural, n) => {
    const head = `${heads[plural]} (${found[n].length})`;
    told.push(head);
    blocks.push({ type: "section", text: plain(head) });
    for (const record of found[n]) {
      const name = named(record);
      const text = `${name}\n${facts(plural, record, companies).filter(Boolean).join(" · ")}`;
      told.push(text);
      blocks.push({ type: "section", text: plain(text), accessory: button(kinds[plural], record, name) });
    }
  });
  return { text: told.join("\n"), blocks };
}

app.command("/crm", async ({ ack, respond, command, client }) => {
  await ack();
  const connection = await connectionOf(command, client);
  if (!connection) return;
  const words = command.text.split(" ").slice(1);
  const found = await Promise.all(Object.keys(paths).map((plural) => read(plural, words, connection)));
  await respond(answer(words, found));
});

app.start({ port: Number(process.env.PORT), host: "127.0.0.1" });
