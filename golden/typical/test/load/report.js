// Writes the report of a run: test/load/reports/NAME.json, for programs, and NAME.md.
import { ceilings, commit, duration, limits, metrics, peak, rate, url } from './settings.js';

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
