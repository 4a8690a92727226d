// Everything of a load test but its operations: settings, scenarios, thresholds, measurements, report.
//
// Each setting is an environment variable: make load RATE=200 P95=100
import http from 'k6/http';
import { sleep } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';

export function number(name, usual) {
  const value = __ENV[name] ? Number(__ENV[name]) : usual;
  if (!(value > 0)) {
    throw new Error(`${name}=${__ENV[name]}: must be a number above 0`);
  }
  return value;
}

// seconds reads a duration such as 90s, 5m or 1h.
function seconds(name, usual) {
  const found = /^(\d+)(s|m|h)$/.exec(__ENV[name] || usual);
  if (!found || found[1] === '0') {
    throw new Error(`${name}=${__ENV[name]}: must be a duration such as 90s, 5m or 1h`);
  }
  return Number(found[1]) * { s: 1, m: 60, h: 3600 }[found[2]];
}

function address(name, usual) {
  const value = (__ENV[name] || usual).replace(/\/+$/, '');
  if (!/^https?:\/\/[^/?#]+/.test(value)) {
    throw new Error(`${name}=${value}: must be an address such as https://api.example.com`);
  }
  return value;
}

export const url = address('URL', 'http://127.0.0.1:8080');

// The metrics of one instance, such as http://127.0.0.1:9090/metrics with kubectl port-forward.
const metrics = __ENV.METRICS === 'none' ? null : address('METRICS', 'http://127.0.0.1:9090/metrics');

// Requests per second: the expected rate, and the expected peak. k6 keeps the rate even if responses are slow, as many
// independent clients would.
const rate = number('RATE', 50);
const peak = number('PEAK', 2 * rate);

// The limits of a run. p99 and errors are the SLOs for latency and availability in
// deploy/monitoring/slo.yaml.
const limits = {
  p50: number('P50', 50), // milliseconds
  p95: number('P95', 250),
  p99: number('P99', 0.5 * 1000),
  errors: number('ERRORS', Number((1 - 99.9 / 100).toFixed(6))), // share of the requests
};

// Limits for one instance: about 80 % of its limits in deploy/kubernetes.
const ceilings = {
  cpu: number('CPU', 1.6), // cores, in 95 of 100 seconds
  memory: number('MEMORY', 400), // MiB
  goroutines: number('GOROUTINES', 1000),
};

// The commit of the work tree, which make passes.
const commit = __ENV.COMMIT || 'unknown';

const profiles = {
  // A constant rate of expected traffic.
  expected: { duration: '5m', from: rate, stages: [[1, rate]] },
  // Rises quickly to twice the expected peak, and falls again.
  peak: { duration: '5m', from: rate, stages: [[0.1, 2 * peak], [0.8, 2 * peak], [0.1, rate]] },
  // Rises slowly, and ends with little traffic, so that the autoscaler adds and removes instances. hpa.sh watches it.
  scale: { duration: '40m', from: rate, stages: [[0.2, 2 * peak], [0.3, 2 * peak], [0.05, rate / 10], [0.45, rate / 10]] },
};

export const profile = __ENV.PROFILE || 'expected';
if (!profiles[profile]) {
  throw new Error(`PROFILE=${profile}: must be one of ${Object.keys(profiles).join(', ')}`);
}
const chosen = profiles[profile];
const duration = seconds('DURATION', chosen.duration);

// scenario returns the k6 scenario of the profile, and its number of requests.
function scenario(exec) {
  let before = chosen.from;
  let planned = 0;
  const stages = chosen.stages.map(([share, target]) => {
    planned += (share * duration * (before + target)) / 2;
    before = target;
    return { duration: `${Math.max(1, Math.round(share * duration * 1000))}ms`, target: Math.max(1, Math.round(target)) };
  });
  const most = Math.max(chosen.from, ...chosen.stages.map(([, target]) => target));
  return {
    planned,
    options: {
      executor: 'ramping-arrival-rate',
      exec,
      startRate: Math.max(1, Math.round(chosen.from)),
      timeUnit: '1s',
      stages,
      // Enough for responses that take a second.
      preAllocatedVUs: Math.ceil(most / 5) + 5,
      maxVUs: Math.ceil(most) + 10,
    },
  };
}

// CPU and memory of the service, measured by the metrics of one instance.

const cpu = new Trend('service_cpu_cores');
const memory = new Trend('service_memory_mib');
const goroutines = new Trend('service_goroutines');
const readings = new Counter('service_readings');

const names = {
  cpuSeconds: 'process_cpu_seconds_total',
  memoryBytes: 'process_resident_memory_bytes',
  goroutines: 'go_goroutine_count',
};

// readMetrics returns the values by the keys of names. It throws if one is missing.
function readMetrics() {
  const answer = http.get(metrics, { timeout: '5s' });
  if (answer.status !== 200) {
    throw new Error(`${metrics} has the status ${answer.status}: set METRICS to the address of the metrics, or to none to skip them`);
  }
  const values = {};
  for (const [key, name] of Object.entries(names)) {
    const found = new RegExp(`^${name}(?:{[^}]*})? (\\S+)`, 'm').exec(answer.body);
    if (!found) {
      throw new Error(`${metrics} has no ${name}`);
    }
    values[key] = Number(found[1]);
  }
  return values;
}

const resourceScenario = { executor: 'per-vu-iterations', exec: 'observe', vus: 1, iterations: 1, maxDuration: `${duration + 10}s` };

// observe reads the metrics once a second until the traffic ends.
export function observe() {
  let before = readMetrics();
  let then = Date.now();
  const end = then + duration * 1000;
  while (Date.now() + 1000 < end) {
    sleep(1);
    const now = readMetrics();
    const elapsed = (Date.now() - then) / 1000;
    cpu.add(Math.max(0, now.cpuSeconds - before.cpuSeconds) / elapsed);
    memory.add(now.memoryBytes / 2 ** 20);
    goroutines.add(now.goroutines);
    readings.add(1);
    before = now;
    then = Date.now();
  }
}

const resourceThresholds = {
  service_cpu_cores: [`p(95)<${ceilings.cpu}`],
  service_memory_mib: [`max<${ceilings.memory}`],
  service_goroutines: [`max<${ceilings.goroutines}`],
  // Without this, a run without readings would pass the limits.
  service_readings: [`count>=${Math.max(1, Math.floor(0.9 * (duration - 2)))}`],
};

// The scenario with its thresholds, setup and operations.

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
    scenarios: { traffic: traffic.options, ...(metrics && { resources: resourceScenario }) },
    thresholds: {
      'http_req_duration{scenario:traffic}': [`p(50)<${limits.p50}`, `p(95)<${limits.p95}`, `p(99)<${limits.p99}`],
      // Without this limit, frequent operations would hide a slow rare one.
      ...Object.fromEntries(operations.map(({ name, p99 }) => [`http_req_duration{operation:${name}}`, [`p(99)<${p99 || limits.p99}`]])),
      'errors{scenario:traffic}': [`rate<${limits.errors}`],
      // k6 drops a request if all virtual users wait. Count it as too slow.
      'http_reqs{scenario:traffic}': [`count>=${Math.floor(0.98 * traffic.planned)}`],
      ...(metrics && resourceThresholds),
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
    readMetrics();
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

// The report of a run: test/load/reports/NAME.json, for programs, and NAME.md.

const round = (value, digits = 2) => (value === undefined ? null : Number(value.toFixed(digits)));

function millisecondsOf(metric) {
  const v = metric ? metric.values : {};
  return { p50: round(v.med), p95: round(v['p(95)']), p99: round(v['p(99)']), max: round(v.max) };
}

function thresholdsOf(data) {
  return Object.keys(data.metrics)
    .sort()
    .flatMap((name) => Object.entries(data.metrics[name].thresholds || {}).map(([condition, { ok }]) => ({ metric: name, condition, ok })));
}

// The report excludes setup, teardown and the scrapes of the metrics.
function resultsOf(data, operations) {
  const of = (name, selection) => data.metrics[`${name}{${selection}}`];
  const requests = of('http_reqs', 'scenario:traffic').values;
  const errors = of('errors', 'scenario:traffic').values;
  return {
    requests: requests.count,
    requests_per_second: round(requests.count / duration),
    dropped: data.metrics.dropped_iterations ? data.metrics.dropped_iterations.values.count : 0,
    error_share: round(errors.rate, 6),
    milliseconds: millisecondsOf(of('http_req_duration', 'scenario:traffic')),
    by_operation: Object.fromEntries(operations.map(({ name }) => [name, millisecondsOf(of('http_req_duration', `operation:${name}`))])),
  };
}

function resourcesOf(data) {
  if (!metrics) {
    return null;
  }
  const of = (name, digits) => ({ mean: round(data.metrics[name].values.avg, digits), max: round(data.metrics[name].values.max, digits) });
  return {
    cpu_cores: { ...of('service_cpu_cores'), ceiling: ceilings.cpu },
    memory_mib: { ...of('service_memory_mib', 1), ceiling: ceilings.memory },
    goroutines: { ...of('service_goroutines', 0), ceiling: ceilings.goroutines },
  };
}

function markdown(report) {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  const times = ({ p50, p95, p99, max }) => [p50, p95, p99, max].map((ms) => `${ms} ms`);
  const { results, resources } = report;
  const lines = [
    `# Load test: ${report.profile}`,
    '',
    `${report.passed ? 'Passed' : '**Failed**'} on ${report.date}: ${report.service} ${report.version} at ${report.url}, work tree at commit ${report.commit}.`,
    `${results.requests} requests in ${report.duration_seconds} s (${results.requests_per_second} a second), ${results.dropped} not sent in time, ${round(100 * results.error_share, 4)} % failed.`,
    '',
    row(['operation', 'p50', 'p95', 'p99', 'longest']),
    row(['---', '---', '---', '---', '---']),
    row(['all', ...times(results.milliseconds)]),
    ...Object.entries(results.by_operation).map(([name, one]) => row([name, ...times(one)])),
    '',
  ];
  if (resources) {
    lines.push(
      row(['one instance', 'mean', 'highest', 'ceiling']),
      row(['---', '---', '---', '---']),
      row(['CPU, cores', resources.cpu_cores.mean, resources.cpu_cores.max, resources.cpu_cores.ceiling]),
      row(['memory, MiB', resources.memory_mib.mean, resources.memory_mib.max, resources.memory_mib.ceiling]),
      row(['goroutines', resources.goroutines.mean, resources.goroutines.max, resources.goroutines.ceiling]),
    );
  } else {
    lines.push('What the service used was not read.');
  }
  lines.push('', row(['threshold', 'condition', 'kept']), row(['---', '---', '---']));
  report.thresholds.forEach(({ metric, condition, ok }) => lines.push(row([`\`${metric}\``, `\`${condition}\``, ok ? 'yes' : '**no**'])));
  return `${lines.join('\n')}\n`;
}

// files returns the output of k6 at the end of a run: the two files, and NAME.md on the terminal.
export function files(data, name, operations) {
  if (!data.setup_data) {
    return { stdout: '\nThe load did not begin, so there is no report of it.\n' };
  }
  const thresholds = thresholdsOf(data);
  const { service, version } = data.setup_data;
  const report = {
    date: new Date().toISOString(),
    commit,
    service,
    version,
    profile: name,
    url: url.replace(/\/\/[^/@]*@/, '//'), // without a password
    duration_seconds: duration,
    rate,
    peak,
    limits,
    passed: thresholds.every(({ ok }) => ok),
    thresholds,
    results: resultsOf(data, operations),
    resources: resourcesOf(data),
  };
  const text = markdown(report);
  return {
    [`test/load/reports/${name}.json`]: `${JSON.stringify(report, null, 2)}\n`,
    [`test/load/reports/${name}.md`]: text,
    stdout: `\n${text}`,
  };
}
