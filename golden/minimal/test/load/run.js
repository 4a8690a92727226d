// Shared code of the load tests: scenarios, thresholds, setup and operations.
import http from 'k6/http';
import { Rate } from 'k6/metrics';
import * as resources from './resources.js';
import { limits, metrics, scenario, url } from './settings.js';

const errors = new Rate('errors');

// optionsFor returns the k6 options of a test with these operations. An operation has a name, a share and a function run, which
// sends a request and returns whether the response is correct. Its optional p99 overrides the limit, in milliseconds.
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
      // Without this limit, frequent operations would hide a slow rare one.
      ...Object.fromEntries(operations.map(({ name, p99 }) => [`http_req_duration{operation:${name}}`, [`p(99)<${p99 || limits.p99}`]])),
      'errors{scenario:traffic}': [`rate<${limits.errors}`],
      // k6 drops a request if all virtual users wait. Count it as too slow.
      'http_reqs{scenario:traffic}': [`count>=${Math.floor(0.98 * traffic.planned)}`],
      ...(metrics && resources.thresholds),
    },
  };
}

// begin checks that the service is up. It returns its description for the report, and the owner of the created notes.
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

// sendOne runs a random operation, weighted by its share.
export function sendOne(operations, data) {
  const all = operations.reduce((sum, { share }) => sum + share, 0);
  let at = Math.random() * all;
  const { name, run } = operations.find(({ share }) => (at -= share) < 0);
  errors.add(!run(data), { operation: name });
}

export const { observe } = resources;
