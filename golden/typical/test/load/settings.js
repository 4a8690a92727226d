// The settings of a run. Each is a variable of the environment: make load RATE=200 P95=100

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

// Where the metrics of one instance are, such as http://127.0.0.1:9090/metrics behind a kubectl port-forward to it.
export const metrics = __ENV.METRICS === 'none' ? null : address('METRICS', 'http://127.0.0.1:9090/metrics');

// Requests per second: what is expected, and the highest that is. They come at this rate however long the answers
// take, as those of many clients do.
export const rate = number('RATE', 50);
export const peak = number('PEAK', 2 * rate);

// What the service has to keep. The last is its objective for latency, and with it that for availability, as
// deploy/monitoring/slo.yaml has them.
export const limits = {
  p50: number('P50', 50), // milliseconds
  p95: number('P95', 250),
  p99: number('P99', 0.5 * 1000),
  errors: number('ERRORS', Number((1 - 99.9 / 100).toFixed(6))), // share of the requests
};

// What one instance may use, about four fifths of what deploy/kubernetes allows it.
export const ceilings = {
  cpu: number('CPU', 1.6), // cores, in 95 of 100 seconds
  memory: number('MEMORY', 400), // MiB
  goroutines: number('GOROUTINES', 1000),
};

// The commit of the work tree, which make tells.
export const commit = __ENV.COMMIT || 'unknown';

const profiles = {
  // Expected traffic, all the time.
  expected: { duration: '5m', from: rate, stages: [[1, rate]] },
  // Up to twice the highest rate that is expected, as fast as a peak comes, and back.
  peak: { duration: '5m', from: rate, stages: [[0.1, 2 * peak], [0.8, 2 * peak], [0.1, rate]] },
  // The same slowly, and almost none at the end: long enough to see instances come and go. hpa.sh watches them.
  scale: { duration: '40m', from: rate, stages: [[0.2, 2 * peak], [0.3, 2 * peak], [0.05, rate / 10], [0.45, rate / 10]] },
};

export const profile = __ENV.PROFILE || 'expected';
if (!profiles[profile]) {
  throw new Error(`PROFILE=${profile}: there are ${Object.keys(profiles).join(', ')}`);
}
const chosen = profiles[profile];
export const duration = seconds('DURATION', chosen.duration);

// scenario returns the traffic of the profile as k6 wants it, and how many requests that is.
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
      // Enough for answers that take a second.
      preAllocatedVUs: Math.ceil(most / 5) + 5,
      maxVUs: Math.ceil(most) + 10,
    },
  };
}
