// `/crm find` in Bolt for JavaScript as its documentation shows it, with Node's own fetch for the CRM.
const { App } = require("@slack/bolt");

const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  signingSecret: process.env.SLACK_SIGNING_SECRET,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
  logLevel: "error",
});
const headers = { Authorization: `Bearer ${process.env.MATON_API_KEY}`, "Maton-Connection": "bench" };

async function read(plural, word) {
  const field = plural === "people" ? "name.firstName" : "name";
  const asked = new URLSearchParams({ filter: `${field}[ilike]:%${word}%`, limit: "60" });
  const response = await fetch(`${process.env.MATON_API_URL}/twenty/rest/${plural}?${asked}`, { headers });
  if (!response.ok) throw new Error(`the CRM said ${response.status}`);
  return (await response.json()).data[plural];
}

function row(record) {
  const name = typeof record.name === "string" ? record.name : `${record.name.firstName} ${record.name.lastName}`;
  const button = { type: "button", text: { type: "plain_text", text: "Show" }, action_id: "show", value: record.id };
  return { type: "section", text: { type: "mrkdwn", text: `*${name}*` }, accessory: button };
}

app.command("/crm", async ({ ack, respond, command }) => {
  await ack();
  const word = command.text.split(" ").pop();
  const found = await Promise.all(["companies", "people", "opportunities"].map((each) => read(each, word)));
  const blocks = found.flat().map(row);
  await respond({ text: `${blocks.length} found`, blocks });
});

app.start({ port: Number(process.env.PORT), host: "127.0.0.1" });
