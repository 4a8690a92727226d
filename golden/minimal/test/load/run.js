// What every load test has in common: the scenarios, the thresholds that fail it, its beginning and its steps.
import http from 'k6/http';
import { Rate } from 'k6/metrics';
import * as resources from './resources.js';
import { limits, metrics, scenario, url } from './settings.js';

const errors = new Rate('errors');

// optionsFor returns the options of a test with these operations. Each has a name, a share and run, which sends a request
// and tells whether the answer is right; one with a p99 has that limit of its own, in milliseconds.
export function optionsFor(operations) {
  const traffic = scenario('send');
  return {
    setupTimeout: '5m',
    teardownTimeout: '10m',
    batchPerHost: 20,
    summaryTrendStats: ['avg', 'med', 'max', 'p(95)', 'p(99)'],
    scenarios: { traffic: traffic.options, ...(metrics && { resources: resources.scenario }) },
    thresholds: {
      'http_req_duration{scenario:traffic}': [`p(50)<${limits.p50}`, `p(95)<${limits.p95}`, `p(99)<${limits.p99}`],
      // One that is rare must not hide behind the others.
      ...Object.fromEntries(operations.map(({ name, p99 }) => [`http_req_duration{operation:${name}}`, [`p(99)<${p99 || limits.p99}`]])),
      'errors{scenario:traffic}': [`rate<${limits.errors}`],
      // What was not sent, because all clients were waiting, was not answered in time either.
      'http_reqs{scenario:traffic}': [`count>=${Math.floor(0.98 * traffic.planned)}`],
      ...(metrics && resources.thresholds),
    },
  };
}

// begin makes sure that the service is there, and returns what the report says of it and whose notes are created.
export function begin() {
  const answer = http.get(`${url}/health`);
  if (answer.status !== 200) {
    throw new Error(`${url}/health has the status ${answer.status}: ${answer.error || answer.body}`);
  }
  if (metrics) {
    resources.read();
  }
  const { service, version } = answer.json();
  return { service, version, owner: __ENV.OWNER || `load-${Date.now().toString(36)}` };
}

// sendOne does one of the operations, each the more often the larger its share is.
export function sendOne(operations, data) {
  const all = operations.reduce((sum, { share }) => sum + share, 0);
  let at = Math.random() * all;
  const { name, run } = operations.find(({ share }) => (at -= share) < 0);
  errors.add(!run(data), { operation: name });
}

export const { observe } = resources;
