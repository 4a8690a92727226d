// Load tests the service with the traffic of its clients, and fails if it exceeds a limit:
//
//   make load URL=https://api.example.com PROFILE=peak METRICS=none
//
// Change the operations when the API changes. run.js has the profiles, the limits and all other settings.
import http from 'k6/http';
import { begin, files, observe, optionsFor, profile, sendOne, url } from './run.js';

const notes = `${url}/v1/notes`;

// The operations of clients and their shares. Each sends one request and returns whether the response is correct.
const operations = [
  { name: 'list', share: 40, run: list },
  { name: 'get', share: 30, run: get },
  { name: 'create', share: 10, run: create },
  { name: 'update', share: 10, run: update },
  { name: 'delete', share: 10, run: remove },
];

export { observe };

export const options = optionsFor(operations);

export const setup = begin;

export function send(data) {
  sendOne(operations, data);
}

export function teardown({ owner }) {
  cleanUp(owner);
}

export function handleSummary(data) {
  return files(data, profile, operations);
}

// State of this virtual user: the notes that it created, and the cursor of its next page.
const own = [];
let cursor = '';

function request(operation, method, target, body, headers = {}) {
  return http.request(method, target, body && JSON.stringify(body), {
    headers: { 'Content-Type': 'application/json', ...headers },
    tags: { operation, name: `${method} ${operation}` }, // one name for all URLs of an operation
    timeout: '10s',
  });
}

function list({ owner }) {
  const answer = request('list', 'GET', `${notes}?owner=${owner}&limit=20${cursor && `&cursor=${cursor}`}`);
  if (answer.status !== 200) {
    return false;
  }
  const page = answer.json();
  cursor = page.next_cursor || '';
  return page.notes.every((one) => one.owner === owner);
}

function create({ owner }) {
  const answer = request('create', 'POST', notes, { owner, title: 'Load', body: 'A line of text.\n'.repeat(20) });
  if (answer.status !== 201) {
    return false;
  }
  own.push({ id: answer.json('id'), tag: answer.headers.Etag });
  return true;
}

// The other operations need a note, so a virtual user first creates one.
function get({ owner }) {
  if (own.length === 0) {
    return create({ owner });
  }
  const { id } = own[Math.floor(Math.random() * own.length)];
  const answer = request('get', 'GET', `${notes}/${id}`);
  return answer.status === 200 && answer.json('id') === id;
}

function update({ owner }) {
  if (own.length === 0) {
    return create({ owner });
  }
  const one = own[Math.floor(Math.random() * own.length)];
  const answer = request('update', 'PUT', `${notes}/${one.id}`, { title: 'Load, changed', body: '' }, { 'If-Match': one.tag });
  if (answer.status !== 200) {
    return false;
  }
  one.tag = answer.headers.Etag;
  return true;
}

function remove({ owner }) {
  if (own.length === 0) {
    return create({ owner });
  }
  const { id, tag } = own.pop();
  return request('delete', 'DELETE', `${notes}/${id}`, null, { 'If-Match': tag }).status === 204;
}

// cleanUp deletes the notes of a run.
export function cleanUp(owner) {
  for (;;) {
    const page = http.get(`${notes}?owner=${owner}&limit=100`);
    if (page.status !== 200) {
      throw new Error(`cannot delete the notes of ${owner}: listing them got the status ${page.status}`);
    }
    const left = page.json('notes');
    if (left.length === 0) {
      return;
    }
    http
      .batch(left.map(({ id }) => ['DELETE', `${notes}/${id}`, null, { headers: { 'If-Match': '*' } }]))
      .filter(({ status }) => status !== 204 && status !== 404)
      .forEach(({ status }) => {
        throw new Error(`cannot delete the notes of ${owner}: a deletion got the status ${status}`);
      });
  }
}
