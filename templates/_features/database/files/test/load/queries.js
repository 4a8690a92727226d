// Load tests each query of the database through the request that it serves, with a filled table:
//
//   make load-queries URL=https://staging.example.com ROWS=20000 RATE=200
//
// Each query has its own latency limit. Its name is the one in internal/postgres/query/notes.sql and in the slow query log.
import http from 'k6/http';
import { any, measure, number, optionsFor, report, request, sendOne, setup as begin, teardown as remove, url } from './load.js';

export { measure };

const collection = `${url}/v1/notes`;
const total = number('ROWS', 5000);
const perOwner = 500;
const pageSize = 100;

// Limits of the 99th percentile in milliseconds, for a page and for a row.
const page = number('LIST_P99', 250);
const row = number('ROW_P99', 100);

const operations = [
  { name: 'ListNotes', share: 25, p99: page, run: ({ cursors }) => list('ListNotes', `cursor=${any(cursors)}`) },
  { name: 'ListNotesOfOwner', share: 25, p99: page, run: ({ owners }) => list('ListNotesOfOwner', `owner=${any(owners)}`) },
  { name: 'GetNote', share: 30, p99: row, run: ({ ids }) => request('GetNote', 'GET', `${collection}/${any(ids)}`).status === 200 },
  { name: 'UpdateNote', share: 20, p99: row, run: update },
];

export const options = optionsFor(operations);

function list(operation, query) {
  const answer = request(operation, 'GET', `${collection}?limit=${pageSize}&${query}`);
  return answer.status === 200 && answer.json('notes').length > 0;
}

function update({ ids }) {
  const { status } = request('UpdateNote', 'PUT', `${collection}/${any(ids)}`, { title: 'Changed', body: '' }, { 'If-Match': '*' });
  return status === 200 || status === 412; // another virtual user was at the same note, and faster
}

// setup fills the table, and keeps some of what is in it.
export function setup() {
  const data = { ...begin(), owners: [], ids: [], cursors: [] };
  const body = 'A line of text.\n'.repeat(60);
  for (let made = 0; made < total; made += pageSize) {
    const owner = `${data.owner}-${Math.floor(made / perOwner)}`;
    const draft = JSON.stringify({ owner, title: 'Query', body });
    const answers = http.batch(
      Array.from({ length: pageSize }, () => ['POST', collection, draft, { headers: { 'Content-Type': 'application/json' } }]),
    );
    const bad = answers.find(({ status }) => status !== 201);
    if (bad) {
      throw new Error(`creating a note has the status ${bad.status}: ${bad.body}`);
    }
    data.ids.push(answers[0].json('id'), answers[pageSize / 2].json('id'));
    if (!data.owners.includes(owner)) {
      data.owners.push(owner);
    }
  }
  // Pages all over the table: each begins after a page of one owner.
  data.cursors = data.owners
    .map((owner) => http.get(`${collection}?limit=${pageSize}&owner=${owner}`).json('next_cursor'))
    .filter(Boolean);
  if (data.cursors.length === 0) {
    throw new Error(`ROWS=${total}: must be above ${pageSize}, or there is no second page`);
  }
  return data;
}

export function send(data) {
  sendOne(operations, data);
}

export function teardown({ owners }) {
  owners.forEach((owner) => remove({ owner }));
}

export function handleSummary(data) {
  return report(data, 'queries');
}
