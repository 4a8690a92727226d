// Measures CPU and memory of the service from the metrics of one instance.
import http from 'k6/http';
import { sleep } from 'k6';
import { Counter, Trend } from 'k6/metrics';
import { ceilings, duration, metrics } from './settings.js';

const cpu = new Trend('service_cpu_cores');
const memory = new Trend('service_memory_mib');
const goroutines = new Trend('service_goroutines');
const readings = new Counter('service_readings');

const names = {
  cpuSeconds: 'process_cpu_seconds_total',
  memoryBytes: 'process_resident_memory_bytes',
  goroutines: 'go_goroutine_count',
};

// read returns the values by the keys of names. It throws if one is missing.
export function read() {
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

export const scenario = { executor: 'per-vu-iterations', exec: 'observe', vus: 1, iterations: 1, maxDuration: `${duration + 10}s` };

// observe reads the metrics once a second until the traffic ends.
export function observe() {
  let before = read();
  let then = Date.now();
  const end = then + duration * 1000;
  while (Date.now() + 1000 < end) {
    sleep(1);
    const now = read();
    const elapsed = (Date.now() - then) / 1000;
    cpu.add(Math.max(0, now.cpuSeconds - before.cpuSeconds) / elapsed);
    memory.add(now.memoryBytes / 2 ** 20);
    goroutines.add(now.goroutines);
    readings.add(1);
    before = now;
    then = Date.now();
  }
}

export const thresholds = {
  service_cpu_cores: [`p(95)<${ceilings.cpu}`],
  service_memory_mib: [`max<${ceilings.memory}`],
  service_goroutines: [`max<${ceilings.goroutines}`],
  // Without this, a run without readings would pass the limits.
  service_readings: [`count>=${Math.max(1, Math.floor(0.9 * (duration - 2)))}`],
};
