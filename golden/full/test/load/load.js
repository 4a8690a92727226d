// Load tests the service with the traffic of its clients, and fails if it exceeds a limit:
//
//   make load URL=https://api.example.com PROFILE=peak METRICS=none
//
// settings.js has the profiles, the limits and all other settings, traffic.js the operations of clients.
import { files } from './report.js';
import { begin, observe, optionsFor, sendOne } from './run.js';
import { profile } from './settings.js';
import { cleanUp, operations } from './traffic.js';

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
