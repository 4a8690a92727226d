// The settings of a run. Each is an environment variable: make load RATE=200 P95=100

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
export const metrics = __ENV.METRICS === 'none' ? null : address('METRICS', 'http://127.0.0.1:9090/metrics');

// Requests per second: the expected rate, and the expected peak. k6 keeps the rate even if responses are slow, as many
// independent clients would.
export const rate = number('RATE', 50);
export const peak = number('PEAK', 2 * rate);

// The limits of a run. p99 and errors are the SLOs for latency and availability in
// deploy/monitoring/slo.yaml.
export const limits = {
  p50: number('P50', 50), // milliseconds
  p95: number('P95', 250),
  p99: number('P99', 0.5 * 1000),
  errors: number('ERRORS', Number((1 - 99.9 / 100).toFixed(6))), // share of the requests
};

// Limits for one instance: about 80 % of its limits in deploy/kubernetes.
export const ceilings = {
  cpu: number('CPU', 1.6), // cores, in 95 of 100 seconds
  memory: number('MEMORY', 400), // MiB
  goroutines: number('GOROUTINES', 1000),
};

// The commit of the work tree, which make passes.
export const commit = __ENV.COMMIT || 'unknown';

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
export const duration = seconds('DURATION', chosen.duration);

// scenario returns the k6 scenario of the profile, and its number of requests.
export function scenario(exec) {
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
