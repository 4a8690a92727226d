// What clients do with the API, and how often. This is the file to change when the API does: each operation sends one
// request and tells whether the answer is right.
import http from 'k6/http';
import { url } from './settings.js';

const notes = `${url}/v1/notes`;

export const operations = [
  { name: 'list', share: 40, run: list },
  { name: 'get', share: 30, run: get },
  { name: 'create', share: 10, run: create },
  { name: 'update', share: 10, run: update },
  { name: 'delete', share: 10, run: remove },
];

// Of this virtual user: the notes that it has made, and where the page after the last one begins.
const own = [];
let cursor = '';

function request(operation, method, target, body, headers = {}) {
  return http.request(method, target, body && JSON.stringify(body), {
    headers: { 'Content-Type': 'application/json', ...headers },
    tags: { operation, name: `${method} ${operation}` }, // not one for each address
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

// The others need a note to work on, and the first thing that a virtual user does is to make one.
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

// cleanUp removes what a run has made.
export function cleanUp(owner) {
  for (;;) {
    const page = http.get(`${notes}?owner=${owner}&limit=100`);
    if (page.status !== 200) {
      throw new Error(`the notes of ${owner} are left behind: the list of them has the status ${page.status}`);
    }
    const left = page.json('notes');
    if (left.length === 0) {
      return;
    }
    http
      .batch(left.map(({ id }) => ['DELETE', `${notes}/${id}`, null, { headers: { 'If-Match': '*' } }]))
      .filter(({ status }) => status !== 204 && status !== 404)
      .forEach(({ status }) => {
        throw new Error(`notes of ${owner} are left behind: deleting one has the status ${status}`);
      });
  }
}
