// Load tests the service with the traffic of its clients, and fails if a limit is exceeded:
//
//   make load URL=https://api.example.com PROFILE=peak RATE=200
//
// Change the operations when the API changes. Each setting is an environment variable.
import http from 'k6/http';
import { check, sleep } from 'k6';
import { Trend } from 'k6/metrics';

export const number = (name, fallback) => Number(__ENV[name] || fallback);

export const url = __ENV.URL || 'http://127.0.0.1:8080';
// The metrics of one instance. The value none skips the limits of its resources.
const metrics = __ENV.METRICS || 'http://127.0.0.1:9090/metrics';
const measured = metrics !== 'none';
const duration = __ENV.DURATION || '5m';
const expected = number('RATE', 50); // requests per second
const peak = number('PEAK', 2 * expected);
const profile = __ENV.PROFILE || 'expected';
const rate = { expected, peak: 2 * peak }[profile]; // peak tests twice the expected peak
if (!rate) {
  throw new Error('PROFILE must be expected or peak, and RATE a number');
}

// In milliseconds.
//{{slot "load/objectives"}}
const p50 = number('P50', 50);
const p95 = number('P95', 250);
const p99 = number('P99', 0.500 * 1000);
const correct = 99.9 / 100;

// The operations of clients and their shares. Each sends a request and returns whether the response is correct.
const operations = [
  { name: 'list', share: 40, run: list },
  { name: 'get', share: 30, run: get },
  { name: 'create', share: 10, run: create },
  { name: 'update', share: 10, run: update },
  { name: 'delete', share: 10, run: remove },
];

export const options = optionsFor(operations);

// optionsFor returns the options of k6. An operation may have its own p99.
export function optionsFor(operations) {
  return {
    setupTimeout: '5m',
    teardownTimeout: '10m',
    summaryTrendStats: ['avg', 'p(50)', 'p(95)', 'p(99)', 'max'],
    scenarios: {
      // k6 keeps the rate even if responses are slow, as many independent clients would.
      traffic: {
        executor: 'constant-arrival-rate',
        exec: 'send',
        rate,
        duration,
        preAllocatedVUs: Math.ceil(rate / 5) + 5,
        maxVUs: Math.ceil(rate) + 10,
      },
      ...(measured && { resources: { executor: 'constant-vus', exec: 'measure', vus: 1, duration } }),
    },
    thresholds: {
      'http_req_duration{scenario:traffic}': [`p(50)<${p50}`, `p(95)<${p95}`, `p(99)<${p99}`],
      ...Object.fromEntries(operations.map((o) => [`http_req_duration{operation:${o.name}}`, [`p(99)<${o.p99 || p99}`]])),
      'checks{scenario:traffic}': [`rate>=${correct}`],
      // k6 drops a request if all virtual users wait for a response.
      dropped_iterations: [`rate<${0.02 * rate}`],
      // About 80 % of the limits in production.
      ...(measured && {
        service_cpu_cores: [`p(95)<${number('CPU', 1.6)}`],
        service_memory_mib: [`max<${number('MEMORY', 400)}`],
        service_goroutines: [`max<${number('GOROUTINES', 1000)}`],
        'checks{scenario:resources}': ['rate>0.9'],
      }),
    },
  };
}

// setup checks that the service is up, and chooses the owner of the notes of this run.
export function setup() {
  const response = http.get(`${url}/health`);
  if (response.status !== 200) {
    throw new Error(`${url}/health has the status ${response.status}: ${response.error || response.body}`);
  }
  if (measured && !readMetrics()) {
    throw new Error(`${metrics} does not answer: set METRICS to the metrics of one instance, or to none`);
  }
  const { service, version } = response.json();
  return { service, version, owner: `load-${Date.now().toString(36)}` };
}

// The other operations need a note, so a virtual user first creates one.
export function send(data) {
  sendOne(own.length > 0 ? operations : operations.filter(({ run }) => run === create), data);
}

// sendOne runs a random operation, weighted by its share.
export function sendOne(operations, data) {
  let at = Math.random() * operations.reduce((sum, { share }) => sum + share, 0);
  const { name, run } = operations.find(({ share }) => (at -= share) < 0);
  check(data, { 'correct response': run }, { operation: name });
}

export function request(operation, method, target, body, headers = {}) {
  return http.request(method, target, body && JSON.stringify(body), {
    headers: { 'Content-Type': 'application/json', ...headers },
    tags: { operation, name: operation }, // one name for all URLs of an operation
    timeout: '10s',
  });
}

export function any(values) {
  return values[Math.floor(Math.random() * values.length)];
}

const collection = `${url}/v1/notes`;

// State of this virtual user: the notes that it created, and the cursor of its next page.
const own = [];
let cursor = '';

function list({ owner }) {
  const response = request('list', 'GET', `${collection}?owner=${owner}&limit=20${cursor && `&cursor=${cursor}`}`);
  if (response.status !== 200) {
    return false;
  }
  const page = response.json();
  cursor = page.next_cursor || '';
  return page.notes.every((item) => item.owner === owner);
}

function create({ owner }) {
  const response = request('create', 'POST', collection, { owner, title: 'Load', body: 'A line of text.\n'.repeat(20) });
  if (response.status !== 201) {
    return false;
  }
  own.push({ id: response.json('id'), tag: response.headers.Etag });
  return true;
}

function get() {
  const { id } = any(own);
  const response = request('get', 'GET', `${collection}/${id}`);
  return response.status === 200 && response.json('id') === id;
}

function update() {
  const item = any(own);
  const response = request('update', 'PUT', `${collection}/${item.id}`, { title: 'Load, changed', body: '' }, { 'If-Match': item.tag });
  item.tag = response.headers.Etag || item.tag;
  return response.status === 200;
}

function remove() {
  const { id, tag } = own.pop();
  return request('delete', 'DELETE', `${collection}/${id}`, null, { 'If-Match': tag }).status === 204;
}

// teardown deletes the notes of a run.
export function teardown({ owner }) {
  for (;;) {
    const page = http.get(`${collection}?owner=${owner}&limit=100`);
    if (page.status !== 200) {
      throw new Error(`cannot list the notes of ${owner}: status ${page.status}`);
    }
    const left = page.json('notes');
    if (left.length === 0) {
      return;
    }
    const deleted = http.batch(left.map(({ id }) => ['DELETE', `${collection}/${id}`, null, { headers: { 'If-Match': '*' } }]));
    const failed = deleted.find(({ status }) => status !== 204 && status !== 404);
    if (failed) {
      throw new Error(`cannot delete the notes of ${owner}: status ${failed.status}`);
    }
  }
}

const cpu = new Trend('service_cpu_cores');
const memory = new Trend('service_memory_mib');
const goroutines = new Trend('service_goroutines');
let before;

// readMetrics returns the current values of one instance, or nothing if it cannot read them all.
function readMetrics() {
  const { body } = http.get(metrics, { timeout: '5s' });
  const value = (name) => Number((new RegExp(`^${name}(?:{[^}]*})? (\\S+)`, 'm').exec(body) || [])[1]);
  const now = {
    at: Date.now(),
    cpu: value('process_cpu_seconds_total'),
    memory: value('process_resident_memory_bytes'),
    goroutines: value('go_goroutine_count'),
  };
  return now.cpu >= 0 && now.memory > 0 && now.goroutines > 0 ? now : undefined;
}

// measure records the use of CPU, memory and goroutines once a second.
export function measure() {
  const now = readMetrics();
  if (check(now, { 'metrics were read': Boolean }) && before) {
    cpu.add(((now.cpu - before.cpu) / (now.at - before.at)) * 1000);
    memory.add(now.memory / 2 ** 20);
    goroutines.add(now.goroutines);
  }
  before = now;
  sleep(1);
}

export function handleSummary(data) {
  return report(data, profile);
}

// report prints the thresholds with the measured values, and writes test/load/reports/NAME.json.
export function report(data, name) {
  if (!data.setup_data) {
    return { stdout: 'The load did not begin.\n' };
  }
  const { service, version } = data.setup_data;
  let passed = true;
  let text = '';
  for (const [metric, { thresholds = {}, values }] of Object.entries(data.metrics)) {
    for (const [limit, { ok }] of Object.entries(thresholds)) {
      passed = passed && ok;
      text += `${ok ? 'ok  ' : 'FAIL'}  ${metric} ${limit}: ${values[limit.split(/[<>]/)[0]]}\n`;
    }
  }
  const result = { date: new Date(), service, version, profile: name, rate, duration, passed, metrics: data.metrics };
  return { stdout: text, [`test/load/reports/${name}.json`]: `${JSON.stringify(result, null, 2)}\n` };
}
