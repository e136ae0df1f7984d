"use strict";

// Everything that comes from hosts is put in as text, never as markup.
const PERIOD = 2000;
const byId = (id) => document.getElementById(id);
// A host is chosen by its tenant, if there are tenants, and its id.
const hash = location.hash.slice(1).split("/").map(decodeURIComponent);
let chosen = { tenant: hash.length > 1 ? hash[0] : "", id: hash[hash.length - 1] };
let before = null;

function fill(table, rows, columns) {
  const body = byId(table);
  const lines = rows.map((row) => {
    const line = document.createElement("tr");
    for (const column of columns) {
      const cell = line.insertCell();
      cell.textContent = row[column];
      if (column === "outcome") cell.className = row.outcome === "OK" ? "ok" : "refused";
    }
    return line;
  });
  if (lines.length === 0) {
    const line = document.createElement("tr");
    const cell = line.insertCell();
    cell.colSpan = columns.length;
    cell.className = "none";
    cell.textContent = "none";
    lines.push(line);
  }
  body.replaceChildren(...lines);
}

function counters(pairs) {
  byId("counters").replaceChildren(...pairs.map(([name, value]) => {
    const pair = document.createElement("div");
    const term = document.createElement("dt");
    const number = document.createElement("dd");
    term.textContent = name;
    number.textContent = value;
    pair.append(term, number);
    return pair;
  }));
}

const number = (value) => Math.round(value).toLocaleString("en");
const sorted = (sums) => Object.entries(sums).sort((a, b) => b[1] - a[1])
  .map(([name, count]) => ({ name, outcome: name, count: number(count) }));

function showDaemon(daemon) {
  byId("version").textContent = daemon.version;
  const all = Object.values(daemon.outcomes).reduce((sum, count) => sum + count, 0);
  const refused = all - (daemon.outcomes.OK || 0);
  const now = performance.now();
  const rate = before ? (all - before.all) * 1000 / (now - before.now) : 0;
  before = { all, now };
  counters([["hosts", number(daemon.hosts)], ["operations", number(all)], ["a second", number(rate)],
    ["refused", number(refused)]]);
  fill("outcomes", sorted(daemon.outcomes), ["outcome", "count"]);
  fill("kinds", sorted(daemon.events), ["name", "count"]);
  byId("hosts").replaceChildren(...daemon.tenants.flatMap((tenant) =>
    [...(tenant.tenant ? [heading(tenant)] : []), ...tenant.page.map((host) => choice(tenant.tenant, host))]));
}

function element(tag, text, name) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

function heading(tenant) {
  const item = element("li", "", "tenant");
  const count = number(tenant.hosts) + (tenant.hosts === 1 ? " host" : " hosts");
  item.append(element("strong", tenant.tenant), element("small", count));
  return item;
}

function choice(tenant, host) {
  const item = document.createElement("li");
  const button = element("button", "");
  button.append(element("span", host.id));
  if (host.lease) button.append(element("small", span(host.lease.left) + " left"));
  button.setAttribute("aria-current", host.id === chosen.id && tenant === chosen.tenant);
  button.addEventListener("click", () => choose({ tenant, id: host.id }));
  item.append(button);
  return item;
}

// Seconds, as the command line writes them, in their two largest units.
function span(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]]
    .map(([unit, name], at, units) => [Math.floor((at ? seconds % units[at - 1][0] : seconds) / unit), name]);
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0s";
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, name]) => count + name).join(" ");
}

function showHost(host) {
  byId("name").textContent = host.id;
  byId("tenant").textContent = host.tenant ? "tenant " + host.tenant : "";
  byId("lease").textContent = host.lease
    ? "lease of " + span(host.lease.length) + ", " + span(host.lease.left) + " left" : "no lease";
  byId("chosen").hidden = false;
  fill("operations", host.operations, ["number", "operation", "outcome", "reason"]);
  fill("sanitizers", host.sanitizers, ["number", "subject", "detail"]);
  fill("events", host.events, ["number", "kind", "subject", "detail"]);
  const latest = host.operations.length ? host.operations[0].number : 0;
  // The picture changes with operations only.
  const source = "/console/graph?" + query(host) + "&at=" + latest;
  const graph = byId("graph");
  if (graph.getAttribute("src") !== source) graph.setAttribute("src", source);
  graph.alt = "Who is connected to whom on " + host.id;
}

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(path + " answers " + answer.status);
  return answer.json();
}

async function refresh() {
  try {
    showDaemon(await ask("/console/daemon?after=" + encodeURIComponent(byId("filter").value)));
    if (chosen.id) {
      const host = await ask("/console/host?" + query(chosen));
      if (host) {
        showHost(host);
      } else {
        byId("name").textContent = chosen.id + " is gone";
        byId("chosen").hidden = true;
      }
    }
    byId("trouble").hidden = true;
  } catch (trouble) {
    byId("trouble").textContent = "The daemon does not answer: " + trouble.message;
    byId("trouble").hidden = false;
  }
}

const query = (host) => "tenant=" + encodeURIComponent(host.tenant) + "&id=" + encodeURIComponent(host.id);

function choose(host) {
  chosen = { tenant: host.tenant, id: host.id };
  const tenant = host.tenant ? encodeURIComponent(host.tenant) + "/" : "";
  history.replaceState(null, "", "#" + tenant + encodeURIComponent(host.id));
  refresh();
}

byId("filter").addEventListener("input", refresh);
refresh();
setInterval(refresh, PERIOD);
