// Package pipeline checks the workflows of the rendered service: their text in
// every combination, and, with -steps 'lint act', what their jobs do when they run.
//
// Jobs run on this machine, without GitHub: act interprets the workflows,
// actions are stand-ins made of testdata/actions.yaml, and the programs that
// reach the outside (docker, cosign, kubectl, gh, sudo) are testdata/stand-in,
// which notes each call. Everything else is real.
package pipeline
