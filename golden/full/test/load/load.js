// Loads the service with the traffic of its clients, and fails when it does not keep what it has to:
//
//   make load URL=https://api.example.com PROFILE=peak METRICS=none
//
// settings.js has the profiles, the limits and all other settings, traffic.js what clients do.
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
